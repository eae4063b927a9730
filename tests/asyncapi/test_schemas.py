"""Types are collected and described together."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from datetime import datetime
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field

from nexws.asyncapi import Schemas
from nexws.errors import SchemaConversionError, SetupError
from tests.asyncapi.describing import describe, refused
from tests.asyncapi.kinds import Computed, Item, Order, Tree


class TestDescribing:
    def test_a_model_stands_under_components(self) -> None:
        schemas = Schemas()
        message = schemas.add(Item, where="event 'chat.message'")
        described = schemas.describe()
        assert described.ref_of(message) == {"$ref": "#/components/schemas/Item"}
        assert described.components == {
            "Item": {
                "title": "Item",
                "description": "Something to buy.",
                "type": "object",
                "properties": {
                    "sku": {
                        "type": "string",
                        "minLength": 1,
                        "title": "Stock keeping unit",
                        "examples": ["a-1"],
                    },
                    "price": {"type": "number", "exclusiveMinimum": 0, "description": "In euros."},
                    "tags": {"type": "array", "items": {"type": "string"}, "default": []},
                },
                "required": ["sku", "price"],
            }
        }

    def test_what_has_no_name_stands_in_its_place(self) -> None:
        schemas = Schemas()
        count, many = schemas.add(int, where="event 'a'"), schemas.add(list[Tree], where="event 'b'")
        described = schemas.describe()
        assert described.ref_of(count) == {"type": "integer"}
        assert described.ref_of(many) == {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}

    def test_each_direction_has_its_own_schema(self) -> None:
        schemas = Schemas()
        read = schemas.add(Computed, where="event 'a'")
        written = schemas.add(Computed, where="event 'a'", mode="serialization")
        described = schemas.describe()
        assert described.ref_of(read) == {"$ref": "#/components/schemas/Computed"}
        assert described.ref_of(written) == {"$ref": "#/components/schemas/ComputedOutput"}
        assert described.components["ComputedOutput"]["required"] == ["side", "area"]

    def test_nothing_is_described_as_nothing(self) -> None:
        assert Schemas().describe().components == {}

    def test_each_use_has_an_object_of_its_own(self) -> None:
        """Writers of YAML would mark what is shared."""
        schemas = Schemas()
        use = schemas.add(list[Item], where="event 'a'")
        described = schemas.describe()
        described.ref_of(use)["items"]["title"] = "mine"
        assert "title" not in described.ref_of(use)["items"]

    def test_more_can_be_added_after_a_description(self) -> None:
        schemas = Schemas()
        first = schemas.add(Item, where="event 'a'")
        before = schemas.describe()
        schemas.add(Tree, where="event 'b'")
        after = schemas.describe()
        assert list(before.components) == ["Item"]
        assert list(after.components) == ["Item", "Tree"]
        assert after.ref_of(first) == before.ref_of(first)

    def test_a_model_whose_build_is_deferred_is_described(self) -> None:
        class Later(BaseModel):
            model_config = ConfigDict(defer_build=True)
            n: int

        assert describe(Later).components["Later"]["required"] == ["n"]


class TestErrors:
    def test_an_error_has_its_facts(self) -> None:
        error = SchemaConversionError("event 'a'", "Item.sku", "is odd", "make it even")
        assert isinstance(error, SetupError)
        assert (error.where, error.path, error.problem, error.fix) == error.args
        assert str(error) == "event 'a' cannot be documented: Item.sku is odd; make it even"

    def test_the_first_use_of_what_cannot_be_described_is_named(self) -> None:
        class Inner(BaseModel):
            model_config = ConfigDict(json_schema_extra={"properties": {"a": {"nullable": True}}})

        class Outer(BaseModel):
            inner: list[Inner]

        schemas = Schemas()
        schemas.add(Item, where="event 'fine'")
        schemas.add(Outer, where="event 'first'")
        schemas.add(Inner, where="event 'second'")
        with pytest.raises(SchemaConversionError) as error:
            schemas.describe()
        assert error.value.where == "event 'first'"
        assert error.value.path == "Inner.a"

    @pytest.mark.parametrize(
        "extra", [{"x-a": object()}, {"x-a": b"\xff"}, {"title": object()}, {"examples": [object()]}]
    )
    def test_what_is_no_json_beside_a_field_is_refused_with_its_name(self, extra: dict[str, Any]) -> None:
        """Pydantic would not say of which field it is."""

        class Inner(BaseModel):
            odd: int = Field(json_schema_extra=extra)

        error = refused(list[Inner])
        assert (error.path, error.problem) == ("Inner.odd", "has json_schema_extra that is no JSON")

    @pytest.mark.parametrize("extra", [{"x-a": object()}, {"x-a": math.nan}, {"maximum": math.inf}])
    def test_what_is_no_json_beside_a_model_is_left_out(self, extra: dict[str, Any]) -> None:
        class Odd(BaseModel):
            model_config = ConfigDict(json_schema_extra=extra)
            n: int

        assert not extra.keys() & describe(Odd).components["Odd"].keys()

    @pytest.mark.parametrize("extra", [{"x-a": {1, 2}}, {"x-a": datetime(2030, 1, 1)}])  # noqa: DTZ001 - as written
    def test_what_pydantic_can_write_as_json_is_written_so(self, extra: dict[str, Any]) -> None:
        class Odd(BaseModel):
            model_config = ConfigDict(json_schema_extra=extra)
            n: int

        json.dumps(describe(Odd).components)
        assert describe(Odd).components["Odd"]["x-a"] in ([1, 2], "2030-01-01T00:00:00")

    @pytest.mark.parametrize(
        ("extra", "path", "problem"),
        [
            ({1: 2}, "Odd", "has the keyword 1"),
            ({"properties": {1: {}}}, "Odd", "has a property named 1"),
            ({"minimum": "0"}, "Odd", "has '0' for 'minimum'"),
            ({"maxLength": {1}}, "Odd", "has {1} for 'maxLength'"),
            ({"exclusiveMinimum": datetime}, "Odd", f"has {datetime!r} for 'exclusiveMinimum'"),
            ({"properties": {"n": {"multipleOf": "x"}}}, "Odd.n", "has 'x' for 'multipleOf'"),
        ],
    )
    def test_what_would_make_no_schema_is_refused(self, extra: Any, path: str, problem: str) -> None:
        class Odd(BaseModel):
            model_config = ConfigDict(json_schema_extra=extra)
            n: int

        error = refused(Odd)
        assert (error.path, error.problem) == (path, problem)

    def test_what_pydantic_cannot_use_is_refused_when_it_is_added(self) -> None:
        class Foreign:
            pass

        with pytest.raises(SchemaConversionError) as error:
            Schemas().add(Foreign, where="event 'a'")
        assert error.value.path == "the payload"
        assert error.value.problem.startswith("is nothing that Pydantic can describe (Unable to generate")

    def test_a_name_that_is_nowhere_defined_is_refused_when_it_is_added(self) -> None:
        class Unfinished(BaseModel):
            other: Nowhere  # type: ignore[name-defined] # noqa: F821 - nowhere

        error = refused(Unfinished)
        assert "Nowhere" in error.problem


def test_two_runs_describe_the_same() -> None:
    """Whatever the seed of hashes and the addresses of objects are."""
    program = """
import json
from typing import Annotated
from pydantic import AfterValidator
from tests.asyncapi.describing import describe
from tests.asyncapi.kinds import KINDS, Page
print(json.dumps(describe(Page[Annotated[int, AfterValidator(lambda n: n)]], *KINDS.values()).components))
"""
    runs = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(filter(None, sys.path))},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert len(runs[0]) > 1000
    assert runs[0] == runs[1]


def test_everything_is_described_as_json() -> None:
    class Model(BaseModel):
        order: Order
        more: Any = Field(default=float("nan"), examples=[float("inf"), 1])

    model = describe(Model).components["Model"]
    assert model["properties"]["more"] == {"examples": [1]}
