"""The schemas of everything that crosses the wire, as an AsyncAPI document has them."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from pydantic import PydanticUndefinedAnnotation, PydanticUserError, TypeAdapter
from pydantic_core import CoreSchema, PydanticOmit

from nexws.asyncapi.components import Components
from nexws.asyncapi.draft07 import Schema, UnconvertibleError, convert
from nexws.asyncapi.generating import Mode, SchemaGenerator
from nexws.errors import SchemaConversionError

__all__ = ["DocumentSchemas", "SchemaUse", "Schemas"]

_PAYLOAD = "the payload"


@dataclass(frozen=True, slots=True, eq=False)
class SchemaUse:
    """A place in the document where the schema of a type is to stand."""

    where: str
    mode: Mode
    core_schema: CoreSchema = field(repr=False)


class Schemas:
    """Collects the types of a document and describes all of them together."""

    def __init__(self) -> None:
        self._uses: list[SchemaUse] = []

    def add(self, schema: Any, *, where: str, mode: Mode = "validation") -> SchemaUse:
        """Ask for the schema of a type, as it is read (validation) or written (serialization).

        *where* names the place in errors: ``event 'chat.message'``.

        Raises:
            SchemaConversionError: Pydantic can make nothing of the type.
        """
        with _errors_at(where):
            adapter = TypeAdapter[Any](schema)
            adapter.rebuild()
        use = SchemaUse(where, mode, adapter.core_schema)
        self._uses.append(use)
        return use

    def describe(self) -> DocumentSchemas:
        """Describe all types, in the order in which they were added.

        A component does not depend on what else is described: types that are added to others rename and
        change nothing. Only where two different types have one name, the earlier keeps it.

        Raises:
            SchemaConversionError: a type says something that the document has no words for.
        """
        generator = SchemaGenerator()
        generated: dict[SchemaUse, Schema] = {}
        for use in self._uses:
            with _errors_at(use.where):
                generated[use] = generator.describe(use.core_schema, use.mode)
        generator.describe_counterparts()
        definitions, components = generator.described(), Components(generator)
        described: dict[SchemaUse, Schema] = {}
        for use, schema in generated.items():
            with _errors_at(use.where):
                described[use], references = convert(schema, _PAYLOAD, definitions)
                components.link(references)
        return DocumentSchemas(described, components.schemas)


class DocumentSchemas:
    """The schemas of one document, in draft-07."""

    def __init__(self, described: Mapping[SchemaUse, Schema], components: dict[str, Schema]) -> None:
        self._described = described
        self.components = components
        """What stands under ``components/schemas``, in the order in which it is referred to."""

    def ref_of(self, use: SchemaUse) -> Schema:
        """Return what stands in the place of *use*: a reference to a component where the type has a name.

        Each call returns a new object.
        """
        return deepcopy(self._described[use])


@contextmanager
def _errors_at(where: str) -> Generator[None]:
    """Say of everything that cannot be described where it stands."""
    try:
        yield
    except UnconvertibleError as error:
        raise SchemaConversionError(where, error.path, error.problem, error.fix) from None
    except PydanticOmit:
        raise SchemaConversionError(
            where, _PAYLOAD, "is left out of every schema", "remove SkipJsonSchema"
        ) from None
    except (PydanticUserError, PydanticUndefinedAnnotation) as error:
        problem = f"is nothing that Pydantic can describe ({str(error).splitlines()[0]})"
        fix = "write a model, a dataclass, a TypedDict or a type of such"
        raise SchemaConversionError(where, _PAYLOAD, problem, fix) from error
