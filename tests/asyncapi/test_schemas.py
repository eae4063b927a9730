"""Types are collected and described together."""

from __future__ import annotations

import subprocess
import sys
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
