"""What tests ask of schemas."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from pydantic import WithJsonSchema

from nexws.asyncapi import DocumentSchemas, Schemas
from nexws.asyncapi.generating import Mode
from nexws.errors import SchemaConversionError

Schema = dict[str, Any]


def describe(*types: Any, mode: Mode = "validation") -> DocumentSchemas:
    """Describe *types* together."""
    schemas = Schemas()
    for number, each in enumerate(types):
        schemas.add(each, mode=mode, where=f"event '{number}'")
    return schemas.describe()


def described(schema: Any, mode: Mode = "validation") -> Schema:
    """Describe one type where it stands."""
    schemas = Schemas()
    use = schemas.add(schema, mode=mode, where="event 'chat.message'")
    return schemas.describe().ref_of(use)


def by_hand(schema: Schema) -> Any:
    """Make a type of a schema."""
    return Annotated[Any, WithJsonSchema(schema)]


def converted(schema: Schema) -> Schema:
    """Convert a schema that was written by hand."""
    return described(by_hand(schema))


def refused(schema: Any, mode: Mode = "validation") -> SchemaConversionError:
    """Describe what cannot be described."""
    with pytest.raises(SchemaConversionError) as error:
        described(schema, mode)
    assert error.value.where == "event 'chat.message'"
    return error.value
