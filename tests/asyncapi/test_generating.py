"""What is asked of Pydantic, and what is made of its answers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Annotated, Any, Union

import pytest
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import CoreSchema, core_schema

from nexws.asyncapi import Schemas
from nexws.asyncapi.generating import SchemaGenerator
from tests.asyncapi.describing import described, refused
from tests.asyncapi.kinds import Item, Order, Team


class Foreign:
    """A class that Pydantic knows nothing about."""


class Custom:
    """A class with a validator that says nothing about what it takes, and a serializer that does."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> CoreSchema:
        written = core_schema.plain_serializer_function_ser_schema(
            str, return_schema=core_schema.str_schema()
        )
        return core_schema.no_info_plain_validator_function(int, serialization=written)


class Arbitrary(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    foreign: list[Foreign]


class TestNoSchema:
    @pytest.mark.parametrize(
        ("annotation", "what"),
        [
            (Callable[[int], str], "a callable"),
            (type[Item], "a subclass of Item"),
            (Custom, "whatever a validator takes"),
            (Union[int, Callable[[], int]], "a callable"),
        ],
    )
    def test_what_has_none_is_refused_with_its_path(self, annotation: Any, what: str) -> None:
        model = type("Model", (BaseModel,), {"__annotations__": {"fields": dict[str, annotation]}})
        assert str(refused(model)) == (
            f"event 'chat.message' cannot be documented: Model.fields.* is {what}, for which there is no JSON "
            "Schema; annotate it with WithJsonSchema({...}), or leave it out with SkipJsonSchema"
        )

    def test_an_instance_of_a_class_of_the_program_is_named(self) -> None:
        error = refused(Arbitrary)
        assert error.path == "Arbitrary.foreign[]"
        assert error.problem == "is an instance of Foreign, for which there is no JSON Schema"

    def test_it_can_be_described_by_hand(self) -> None:
        assert described(Annotated[Callable[[], int], WithJsonSchema({"type": "null"})]) == {"type": "null"}

    def test_it_can_be_left_out(self) -> None:
        left_out: Any = SkipJsonSchema
        assert described(Union[int, left_out[Callable[[], int]]]) == {"type": "integer"}

    def test_what_is_left_out_as_a_whole_is_refused(self) -> None:
        left_out: Any = SkipJsonSchema
        error = refused(left_out[int])
        assert error.path == "the payload"
        assert error.fix == "remove SkipJsonSchema"

    def test_what_is_only_written_needs_no_schema_of_how_it_would_be_read(self) -> None:
        class Model(BaseModel):
            n: Custom

        assert described(Model, "serialization") == {"$ref": "#/components/schemas/ModelOutput"}
        assert refused(Model).path == "Model.n"

    def test_a_schema_that_raises_is_not_looked_at_when_it_is_only_written(self) -> None:
        class Model(BaseModel):
            n: Annotated[int, WithJsonSchema(None, mode="validation")]

        class Whole(BaseModel):
            model: Model

        assert described(Whole, "serialization") == {"$ref": "#/components/schemas/WholeOutput"}


class TestPatterns:
    @pytest.mark.parametrize(
        ("flags", "pattern"),
        [(re.IGNORECASE, "(?i)a"), (re.ASCII | re.DOTALL, "(?as)a"), (re.MULTILINE | re.VERBOSE, "(?mx)a")],
    )
    def test_the_flags_of_a_compiled_pattern_are_kept(self, flags: re.RegexFlag, pattern: str) -> None:
        schema = described(Annotated[str, StringConstraints(pattern=re.compile("a", flags))])
        assert schema == {"type": "string", "x-python-pattern": pattern}

    def test_a_compiled_pattern_without_flags_is_a_pattern(self) -> None:
        schema = described(Annotated[str, StringConstraints(pattern=re.compile("a"))])
        assert schema == {"type": "string", "pattern": "a"}


class TestDefaults:
    def test_a_default_without_json_is_left_out_silently(self) -> None:
        class Model(BaseModel):
            a: Any = Field(default=Foreign())

        schemas = Schemas()
        schemas.add(Model, where="event")
        assert schemas.describe().components["Model"]["properties"] == {"a": {}}


class TestWork:
    def test_every_model_is_generated_once_in_each_direction(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """However often it is used."""
        generated: Counter[tuple[str, str]] = Counter()
        model_schema = SchemaGenerator.model_schema

        def counting(self: SchemaGenerator, schema: Any) -> Any:
            generated[schema["cls"].__name__, self.mode] += 1
            return model_schema(self, schema)

        monkeypatch.setattr(SchemaGenerator, "model_schema", counting)
        schemas = Schemas()
        for model in (Item, Order, list[Item], Team, Order | None, Item):
            schemas.add(model, where="event")
            schemas.add(model, where="event", mode="serialization")
        schemas.describe()
        assert set(generated.values()) == {1}
        assert len(generated) == 8

    def test_what_is_only_read_is_not_generated_as_it_would_be_written(self) -> None:
        generator = SchemaGenerator()
        generator.describe(Item.__pydantic_core_schema__, "validation")
        generator.describe_counterparts()
        assert [generator.type_of(key)[1] for key in generator.described()] == ["validation"]
