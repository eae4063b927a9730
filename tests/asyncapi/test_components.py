"""What is the same is one component, and its name does not depend on its neighbours."""

from __future__ import annotations

import json
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Generic, Literal, TypeVar, Union

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, RootModel, SecretStr, WithJsonSchema, computed_field
from pydantic.dataclasses import dataclass

from nexws.asyncapi import DocumentSchemas, Schemas
from nexws.asyncapi.generating import Mode
from tests.asyncapi.describing import describe
from tests.asyncapi.kinds import KINDS, Color, Item, Movie, Names, Page, Point, Team, Tree

T = TypeVar("T")
MODES: tuple[Mode, Mode] = ("validation", "serialization")


class Squared(BaseModel):
    """Differs in the two directions."""

    side: int

    @computed_field  # type: ignore[prop-decorator] # what Pydantic documents
    @property
    def area(self) -> int:
        return self.side**2


class Holder(BaseModel):
    """Differs because of what it refers to."""

    squared: Squared


class Chain(BaseModel):
    """Differs because of what it refers to at last, and refers to itself before that."""

    next: Chain | None = None
    holder: Holder


class Ring(BaseModel):
    """Refers to itself through others and is the same in both directions."""

    link: Link | None = None


class Link(BaseModel):
    ring: Ring
    others: list[Link] = []


class Revealing(BaseModel):
    """Refers to a model that differs, and only when it is written."""

    n: int

    @computed_field  # type: ignore[prop-decorator] # what Pydantic documents
    @property
    def squared(self) -> Squared:
        return Squared(side=self.n)


def names_of(schema: Any, mode: Mode) -> list[str]:
    return list(describe(schema, mode=mode).components)


class TestDirections:
    def test_a_model_that_is_the_same_in_both_directions_is_one_component(self) -> None:
        for model in (Item, Tree, Team, Ring, Color, Point, Movie, Names, Page[Item]):
            schemas = Schemas()
            read = schemas.add(model, where="read")
            written = schemas.add(model, mode="serialization", where="written")
            described = schemas.describe()
            assert described.ref_of(read) == described.ref_of(written)
            assert not any(name.endswith("Output") for name in described.components)

    def test_a_model_that_differs_is_two(self) -> None:
        assert names_of(Squared, "validation") == ["Squared"]
        assert names_of(Squared, "serialization") == ["SquaredOutput"]

    def test_whatever_refers_to_it_is_two_as_well(self) -> None:
        assert names_of(Chain, "validation") == ["Chain", "Holder", "Squared"]
        assert names_of(Chain, "serialization") == ["ChainOutput", "HolderOutput", "SquaredOutput"]
        assert names_of(Page[Squared], "serialization") == ["Page_SquaredOutput", "SquaredOutput"]

    def test_a_model_that_is_only_reached_when_written_is_named_all_the_same(self) -> None:
        assert names_of(Revealing, "serialization") == ["RevealingOutput", "SquaredOutput"]

    def test_references_lead_to_the_components_of_their_direction(self) -> None:
        components = describe(Holder, mode="serialization").components
        squared = components["HolderOutput"]["properties"]["squared"]
        assert squared == {"$ref": "#/components/schemas/SquaredOutput"}

    def test_the_order_of_what_is_said_makes_no_difference(self) -> None:
        class Ordered(BaseModel):
            n: Annotated[
                int,
                WithJsonSchema({"minimum": 1, "type": "integer"}, mode="validation"),
                WithJsonSchema({"type": "integer", "minimum": 1}, mode="serialization"),
            ]

        assert names_of(Ordered, "serialization") == ["Ordered"]

    def test_models_of_different_names_are_never_one(self) -> None:
        assert list(describe(other("A", a=int), other("B", a=int)).components) == ["A", "B"]

    def test_a_model_that_is_described_in_one_direction_only_has_one_name(self) -> None:
        class Fixed(BaseModel):
            model_config = ConfigDict(json_schema_mode_override="serialization")
            n: int = Field(alias="a", serialization_alias="b")

        for mode in MODES:
            described = describe(list[Fixed], mode=mode)
            assert list(described.components["Fixed"]["properties"]) == ["b"]

    def test_numbers_and_booleans_are_not_the_same(self) -> None:
        """For Python they are."""

        def model(value: object) -> Any:
            class Constant(BaseModel):
                model_config = ConfigDict(json_schema_extra={"const": value})  # type: ignore[dict-item] # any JSON

            return Constant

        assert len(describe(model(1), model(True), model(1.0)).components) == 3


class TestTitles:
    def test_a_component_is_titled_with_its_name(self) -> None:
        components = describe(Page[Item], Color, Point, Movie, Names, mode="serialization").components
        assert {name: each["title"] for name, each in components.items()} == {
            name: name for name in ("Page_Item", "Item", "Color", "Point", "Movie", "Names")
        }

    def test_a_title_that_somebody_wrote_stays(self) -> None:
        class Titled(BaseModel):
            model_config = ConfigDict(title="With a title")

        assert describe(Titled).components["Titled"]["title"] == "With a title"


class TestOrder:
    def test_components_stand_in_the_order_in_which_they_are_referred_to(self) -> None:
        components = describe(Tree, dict[str, Page[Item]], Team, Item).components
        assert list(components) == ["Tree", "Page_Item", "Item", "Team", "Employee"]

    def test_what_is_described_twice_is_the_same(self) -> None:
        once, again = describe(*KINDS.values()), describe(*KINDS.values())
        assert json.dumps(once.components) == json.dumps(again.components)


def other(name: str, **fields: Any) -> type[BaseModel]:
    """Make another model of a name."""
    return type(name, (BaseModel,), {"__annotations__": fields, "__module__": "other"})


class TestClashes:
    def test_the_first_keeps_its_name(self) -> None:
        components = describe(Item, other("Item", a=int), other("Item", b=int), Tree).components
        assert list(components) == ["Item", "other.Item", "other.Item_2", "Tree"]
        assert [each["title"] for each in components.values()] == list(components)
        assert list(components["other.Item_2"]["properties"]) == ["b"]

    def test_models_of_one_name_that_say_the_same_are_one(self) -> None:
        twins = [other("Twin", a=int), other("Twin", a=int)]
        assert list(describe(*twins).components) == ["Twin"]

    def test_models_that_refer_to_different_models_of_one_name_are_two(self) -> None:
        first, second = other("Item", a=int), other("Item", b=int)
        pages = describe(Page[first], Page[second]).components  # type: ignore[valid-type] # made here
        assert list(pages) == ["Page_Item", "Item", "tests.asyncapi.kinds.Page_Item", "other.Item"]

    def test_a_type_argument_that_is_written_twice_is_one(self) -> None:
        @dataclass
        class Box(Generic[T]):
            content: T

        assert len(describe(Box[int | None], Box[int | None], mode="serialization").components) == 1

    def test_a_model_that_is_named_like_an_output_is_told_apart(self) -> None:
        components = describe(Squared, other("SquaredOutput", a=int), mode="serialization").components
        assert list(components) == ["SquaredOutput", "other.SquaredOutput"]


class Kind(Enum):
    A = 1


MODELS: list[Any] = [
    *(Item, Tree, Team, Color, Point, Movie, Names, Squared, Holder, Chain, Ring, Link, Revealing, Kind),
    *(Page[Item], Page[Squared], Page[Page[Squared]], Page[int], Page[Team | None], dict[str, Holder]),
    *(list[Ring], Union[Item, Squared], RootModel[list[Chain]], int, Literal["a"], SecretStr, datetime),
]
USES = st.lists(
    st.tuples(st.sampled_from(MODELS), st.sampled_from(["validation", "serialization"])), max_size=8
)


def describe_uses(uses: list[tuple[Any, Any]]) -> tuple[DocumentSchemas, list[Any]]:
    schemas = Schemas()
    handles = [schemas.add(model, mode=mode, where="event") for model, mode in uses]
    described = schemas.describe()
    return described, [described.ref_of(each) for each in handles]


class TestNeighbours:
    @settings(deadline=None)
    @given(USES, USES, st.randoms(use_true_random=False))
    def test_what_else_is_described_changes_nothing(self, some: Any, more: Any, random: Any) -> None:
        """Wherever the others stand."""
        everything = [*enumerate(some), *((-1, each) for each in more)]
        random.shuffle(everything)
        alone, references = describe_uses(some)
        together, all_references = describe_uses([use for _, use in everything])
        assert alone.components.items() <= together.components.items()
        assert [
            all_references[at]
            for number in range(len(some))
            for at, (n, _) in enumerate(everything)
            if n == number
        ] == references

    @settings(deadline=None)
    @given(st.data())
    def test_what_is_added_after_a_clash_changes_nothing(self, data: st.DataObject) -> None:
        """Of the models of one name, the earlier keep theirs."""
        fields = st.dictionaries(
            st.sampled_from("abc"), st.sampled_from([int, Squared, Item, Holder]), max_size=2
        )
        clashing = st.builds(
            lambda name, own: other(name, **own), st.sampled_from(["Item", "Squared", "X"]), fields
        )
        both = st.sampled_from(["validation", "serialization"])
        uses = data.draw(st.lists(st.tuples(clashing | st.sampled_from(MODELS), both), max_size=8))
        before, references = describe_uses(uses[: len(uses) // 2])
        after, all_references = describe_uses(uses)
        assert before.components.items() <= after.components.items()
        assert all_references[: len(references)] == references

    @settings(deadline=None)
    @given(USES)
    def test_every_reference_leads_to_a_component(self, uses: Any) -> None:
        """And every component is one to which a reference leads."""
        described, references = describe_uses(uses)
        text = json.dumps([references, described.components])
        found = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
        assert found == set(described.components)
