"""What 2020-12 says is said in draft-07, or refused."""

from __future__ import annotations

import math
from datetime import datetime, timezone
from enum import Enum
from typing import Annotated, Any, Literal, NamedTuple, Union

import pytest
from pydantic import BaseModel, ConfigDict, Field, Json, RootModel, SecretStr, WithJsonSchema
from pydantic_core import CoreSchema, core_schema

from tests.asyncapi.describing import Schema, by_hand, converted, describe, described, refused
from tests.asyncapi.kinds import Cat, Dog, Item

ITEM = {"$ref": "#/components/schemas/Item"}


def field_of(annotation: Any, default: Any = ..., **facts: Any) -> Schema:
    """Describe a field of a model."""
    model = type("Model", (BaseModel,), {"__annotations__": {"f": annotation}, "f": Field(default, **facts)})
    schema: Schema = describe(model).components["Model"]["properties"]["f"]
    return schema


class TestReferences:
    def test_a_model_is_referred_to(self) -> None:
        assert described(list[Item]) == {"type": "array", "items": ITEM}

    def test_a_reference_is_parted_from_what_is_said_beside_it(self) -> None:
        """Whoever follows a reference ignores its siblings."""
        assert field_of(Item, description="Yours.") == {"allOf": [ITEM], "description": "Yours."}

    def test_a_reference_joins_the_schemas_that_hold_as_well(self) -> None:
        class Bounded(RootModel[Item]):
            model_config = ConfigDict(json_schema_extra={"allOf": [{"maxProperties": 1}]})

        assert describe(Bounded).components["Bounded"] == {
            "title": "Bounded",
            "allOf": [ITEM, {"maxProperties": 1}],
        }

    def test_a_default_that_cannot_be_shown_leaves_the_reference_alone(self) -> None:
        assert field_of(Item, {"$ref": "x"}) == ITEM

    def test_another_name_of_a_model_is_a_reference_alone(self) -> None:
        class Alias(RootModel[Item]):
            pass

        assert describe(Alias).components["Alias"] == ITEM

    @pytest.mark.parametrize(
        "reference", ["#/$defs/Item", "https://a.example/b.json", "#/components/schemas/Item"]
    )
    def test_what_is_not_in_the_document_is_refused(self, reference: str) -> None:
        error = refused(by_hand({"type": "object", "properties": {"a": {"$ref": reference}}}))
        assert error.path == "the payload.a"
        assert error.problem == f"refers to {reference!r}, which is not in the document"

    @pytest.mark.parametrize("schema", [{"$ref": "#/a"}, {"$ref": "#/a", "title": "A"}])
    def test_so_it_is_wherever_somebody_wrote_it(self, schema: Schema) -> None:
        class Written:
            @classmethod
            def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> CoreSchema:
                return core_schema.int_schema()

            @classmethod
            def __get_pydantic_json_schema__(cls, _schema: Any, _handler: Any) -> Schema:
                return dict(schema)

        class Model(BaseModel):
            by_class: Written

        class Other(BaseModel):
            by_hand: Annotated[int, WithJsonSchema(schema)]

        assert refused(Model).path == "Model.by_class"
        assert "a reference to '#/a'" in refused(Model).problem
        assert refused(Other).path == "Other.by_hand"


class TestUnions:
    def test_the_tag_is_named_and_required_of_each_member(self) -> None:
        """Where the member is defined it stays optional: a cat alone needs no tag."""
        pets = describe(Annotated[Union[Cat, Dog], Field(discriminator="kind")])
        cat, dog = pets.components["Cat"], pets.components["Dog"]
        assert "required" not in cat
        assert dog["required"] == ["kind"]
        assert described(Annotated[Union[Cat, Dog], Field(discriminator="kind")]) == {
            "oneOf": [
                {"allOf": [{"$ref": "#/components/schemas/Cat"}], "required": ["kind"]},
                {"$ref": "#/components/schemas/Dog"},
            ],
            "x-discriminator": "kind",
        }

    def test_the_tag_of_a_union_within_a_union_is_required_there(self) -> None:
        class Home(BaseModel):
            kind: Literal["home"] = "home"

        class Zoo(BaseModel):
            kind: Literal["zoo"] = "zoo"

        places = RootModel[Annotated[Union[Home, Zoo], Field(discriminator="kind")]]
        union = described(Annotated[Union[Dog, places], Field(discriminator="kind")])
        assert union["x-discriminator"] == "kind"
        assert union["oneOf"][0] == {"$ref": "#/components/schemas/Dog"}
        assert union["oneOf"][1]["required"] == ["kind"]

    def test_a_tag_that_is_not_written_is_not_required(self) -> None:
        class Silent(BaseModel):
            kind: Literal["silent"] = Field("silent", exclude=True)

        union = described(Annotated[Union[Silent, Dog], Field(discriminator="kind")], "serialization")
        assert union == {
            "oneOf": [{"$ref": "#/components/schemas/SilentOutput"}, {"$ref": "#/components/schemas/Dog"}]
        }

    def test_a_tag_is_called_as_on_the_wire(self) -> None:
        class Big(BaseModel):
            kind: Literal["big"] = Field(alias="type")

        class Small(BaseModel):
            kind: Literal["small"] = Field(alias="type")

        assert (
            described(Annotated[Union[Big, Small], Field(discriminator="kind")])["x-discriminator"] == "type"
        )

    @pytest.mark.parametrize(
        ("discriminator", "members"),
        [
            ("kind", [{"properties": {"kind": {}}, "required": ["kind"]}]),
            ({"propertyName": "kind", "mapping": {}}, [{"properties": {"kind": {}}, "required": ["kind"]}]),
        ],
    )
    def test_a_discriminator_of_any_form_becomes_a_hint(
        self, discriminator: Any, members: list[Schema]
    ) -> None:
        written = {"discriminator": discriminator, "anyOf": members}
        assert converted(written) == {"x-discriminator": "kind", "anyOf": members}

    def test_a_base_that_names_its_tag_requires_nothing(self) -> None:
        """So OpenAPI writes inheritance."""
        base: Schema = {"properties": {"kind": {}}, "allOf": [{"minProperties": 1}]}
        assert converted({**base, "discriminator": "kind"}) == {**base, "x-discriminator": "kind"}

    @pytest.mark.parametrize("members", [[True], [{}], []])
    def test_a_discriminator_that_nothing_has_is_forgotten(self, members: list[Any]) -> None:
        assert converted({"discriminator": "kind", "anyOf": members}) == {"anyOf": members}

    def test_members_that_lead_back_to_themselves_are_looked_at_once(self) -> None:
        class Loop(RootModel[Union["Loop", list[int]]]):
            pass

        schema: Any = {"discriminator": "kind"}
        looped = Annotated[Union[Loop, Item], Field(json_schema_extra=schema)]
        assert described(looped) == {"anyOf": [{"$ref": "#/components/schemas/Loop"}, ITEM]}


class TestNull:
    @pytest.mark.parametrize(
        ("annotation", "schema"),
        [
            (str | None, {"type": ["string", "null"]}),
            (Union[Annotated[int, Field(ge=1)], None], {"type": ["integer", "null"], "minimum": 1}),
            (Union[None, float], {"type": ["number", "null"]}),
            (bool | None, {"type": ["boolean", "null"]}),
            (datetime | None, {"type": ["string", "null"], "format": "date-time"}),
        ],
    )
    def test_a_primitive_or_null_is_one_type(self, annotation: Any, schema: Schema) -> None:
        assert described(annotation) == schema

    def test_what_is_said_of_the_field_stays(self) -> None:
        assert field_of(str | None, None, description="Any.", max_length=3) == {
            "type": ["string", "null"],
            "maxLength": 3,
            "default": None,
            "description": "Any.",
        }

    @pytest.mark.parametrize(
        "schema",
        [
            {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]},
            {"anyOf": [{"type": "string", "not": {"const": "a"}}, {"type": "null"}]},
            {"anyOf": [{"type": "array", "items": {}}, {"type": "null"}]},
            {"anyOf": [{"type": "string", "title": "A"}, {"type": "null"}], "title": "B"},
            {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]},
            {"anyOf": [{"type": "null"}, {"type": "null"}]},
            {"anyOf": [{"type": ["string", "integer"]}, {"type": "null"}]},
            {"anyOf": [True, {"type": "null"}]},
            {"anyOf": [{"type": "null"}, False]},
        ],
    )
    def test_anything_that_would_change_its_meaning_stays_a_union(self, schema: Schema) -> None:
        assert converted(schema) == schema


class TestArrays:
    def test_a_tuple_is_an_array_of_items_and_no_more(self) -> None:
        assert described(tuple[int, str]) == {
            "type": "array",
            "items": [{"type": "integer"}, {"type": "string"}],
            "additionalItems": False,
            "minItems": 2,
            "maxItems": 2,
        }

    def test_items_with_defaults_may_be_missing(self) -> None:
        class Pair(NamedTuple):
            a: int
            b: int = 0

        schema = described(Pair)
        schema = describe(Pair).components.get("Pair", schema)
        assert schema["minItems"] == 1
        assert schema["additionalItems"] is False

    @pytest.mark.parametrize(
        ("schema", "result"),
        [
            ({"prefixItems": [True]}, {"items": [True]}),
            (
                {"prefixItems": [True], "items": {"minimum": 1}},
                {"items": [True], "additionalItems": {"minimum": 1}},
            ),
            ({"items": False, "prefixItems": [{}]}, {"items": [{}], "additionalItems": False}),
            ({"prefixItems": [{}], "maxItems": 2}, {"items": [{}], "maxItems": 2}),
            ({"prefixItems": [{}], "additionalItems": False}, {"items": [{}]}),
            ({"items": [{}, {}], "additionalItems": {}}, {"items": [{}, {}], "additionalItems": {}}),
            ({"items": {"prefixItems": [{}]}}, {"items": {"items": [{}]}}),
            ({"contains": {"prefixItems": [{}]}}, {"contains": {"items": [{}]}}),
        ],
    )
    def test_arrays_written_by_hand_are_converted(self, schema: Schema, result: Schema) -> None:
        assert converted(schema) == result


class TestObjects:
    def test_a_property_may_be_called_like_a_keyword(self) -> None:
        names = [
            "default",
            "items",
            "enum",
            "const",
            "examples",
            "x-y",
            "$defs",
            "nullable",
            "properties",
            "pattern",
        ]
        schema = {"type": "object", "properties": {name: {"prefixItems": [{}]} for name in names}}
        assert converted(schema)["properties"] == {name: {"items": [{}]} for name in names}

    def test_a_property_named_as_a_reference_is_refused(self) -> None:
        class Link(BaseModel):
            ref: str = Field(alias="$ref")

        assert str(refused(Link)) == (
            "event 'chat.message' cannot be documented: Link has a property named '$ref', which the readers "
            "of a document take for a reference; give it another alias"
        )

    @pytest.mark.parametrize(
        "keyword", ["properties", "patternProperties", "dependentRequired", "dependentSchemas"]
    )
    def test_no_name_may_look_like_a_reference(self, keyword: str) -> None:
        assert refused(by_hand({keyword: {"$ref": {}}})).fix == "give it another alias"

    @pytest.mark.parametrize(
        ("schema", "dependencies"),
        [
            ({"dependentRequired": {"a": ["b"]}}, {"a": {"required": ["b"]}}),
            ({"dependentSchemas": {"a": {"prefixItems": [{}]}}}, {"a": {"items": [{}]}}),
            ({"dependencies": {"a": ["b"], "c": True}}, {"a": {"required": ["b"]}, "c": True}),
            (
                {"dependentSchemas": {"a": {"minProperties": 2}}, "dependentRequired": {"a": ["b"], "c": []}},
                {"a": {"allOf": [{"minProperties": 2}, {"required": ["b"]}]}, "c": {"required": []}},
            ),
        ],
    )
    def test_what_depends_on_a_property_is_said_in_one_place(
        self, schema: Schema, dependencies: Schema
    ) -> None:
        assert converted(schema) == {"dependencies": dependencies}

    @pytest.mark.parametrize(
        "keyword", ["not", "if", "then", "else", "propertyNames", "additionalProperties"]
    )
    def test_schemas_are_converted_wherever_they_stand(self, keyword: str) -> None:
        assert converted({keyword: {"prefixItems": [{}]}}) == {keyword: {"items": [{}]}}

    @pytest.mark.parametrize("keyword", ["allOf", "anyOf", "oneOf"])
    def test_members_are_converted(self, keyword: str) -> None:
        assert converted({keyword: [{"prefixItems": [{}]}, True]}) == {keyword: [{"items": [{}]}, True]}

    def test_booleans_are_schemas(self) -> None:
        schema = {"properties": {"a": True, "b": False}, "additionalProperties": False}
        assert converted(schema) == schema


class TestStrings:
    @pytest.mark.parametrize("pattern", [r"(?i)^a", r"\Aa\Z", r"(?P<year>\d{4})", "a++"])
    def test_a_pattern_that_only_python_or_rust_reads_is_told_apart(self, pattern: str) -> None:
        assert converted({"pattern": pattern}) == {"x-python-pattern": pattern}

    def test_a_pattern_that_all_can_read_stays(self) -> None:
        assert converted({"pattern": "(?<=a)b$"}) == {"pattern": "(?<=a)b$"}

    def test_keys_that_match_such_a_pattern_are_refused(self) -> None:
        error = refused(dict[Annotated[str, Field(pattern="(?i)^a")], int])
        assert str(error) == (
            "event 'chat.message' cannot be documented: the payload has keys that match '(?i)^a', which only "
            "Python or Rust can read; write the pattern as ECMA-262 has it"
        )

    def test_keys_that_match_another_pattern_are_described(self) -> None:
        assert described(dict[Annotated[str, Field(pattern="^a")], int]) == {
            "type": "object",
            "patternProperties": {"^a": {"type": "integer"}},
            "additionalProperties": False,
        }

    def test_json_within_a_string_is_described_beside_it(self) -> None:
        assert described(Json[list[Item]]) == {
            "type": "string",
            "contentMediaType": "application/json",
            "x-content-schema": {"type": "array", "items": ITEM},
        }

    def test_the_encoding_of_a_string_stays(self) -> None:
        schema = {"type": "string", "contentEncoding": "base64", "contentMediaType": "image/png"}
        assert converted(schema) == schema


class TestData:
    @pytest.mark.parametrize("default", [math.inf, -math.inf, math.nan])
    def test_a_default_that_json_cannot_write_is_dropped(self, default: float) -> None:
        assert field_of(float, default) == {"type": "number"}
        assert converted({"default": [{"a": default}]}) == {}

    @pytest.mark.parametrize("default", [0, "", None, 1.5, [1], {"a": {"b": None}}, True])
    def test_any_other_default_stays(self, default: Any) -> None:
        assert field_of(Any, default)["default"] == default

    @pytest.mark.parametrize(
        ("annotation", "default"),
        [
            (SecretStr, SecretStr("hunter2")),
            (SecretStr | None, None),
            (list[SecretStr], [SecretStr("hunter2")]),
            (dict[str, Any], {"a": [{"b": SecretStr("hunter2")}]}),
        ],
    )
    def test_the_default_of_a_secret_is_dropped(self, annotation: Any, default: Any) -> None:
        assert "default" not in field_of(annotation, default)

    def test_the_default_of_a_password_that_is_no_secret_to_pydantic_is_dropped(self) -> None:
        assert "default" not in field_of(str, "hunter2", json_schema_extra={"format": "password"})

    def test_data_with_the_key_of_a_reference_is_dropped(self) -> None:
        """All readers of a document would try to follow it."""
        data = {"a": [{"$ref": "#/x"}]}
        schema = {
            "type": "object",
            "default": data,
            "examples": [data, {"b": 1}],
            "x-data": data,
            "x-more": {"c": 1},
        }
        assert converted(schema) == {"type": "object", "examples": [{"b": 1}], "x-more": {"c": 1}}

    def test_examples_of_which_none_can_be_shown_are_dropped(self) -> None:
        assert converted({"examples": [{"$ref": "x"}, math.nan]}) == {}

    def test_data_is_not_taken_for_schemas(self) -> None:
        data = {"prefixItems": [{}], "nullable": True, "const": {"items": 1}}
        for keyword in ("default", "const", "x-data"):
            assert converted({keyword: data}) == {keyword: data}
        for keyword in ("enum", "examples"):
            assert converted({keyword: [data]}) == {keyword: [data]}

    def test_data_of_python_is_written_as_json(self) -> None:
        class Kind(Enum):
            A = "a"

        now = datetime(2026, 1, 1, tzinfo=timezone.utc)
        extra: Any = {"examples": [{"at": now, "kind": Kind.A, "pair": (1, 2)}]}
        config = ConfigDict(json_schema_extra=extra)
        model = type("Model", (BaseModel,), {"model_config": config})
        examples = describe(model).components["Model"]["examples"]
        assert examples == [{"at": "2026-01-01T00:00:00Z", "kind": "a", "pair": [1, 2]}]

    @pytest.mark.parametrize(
        "schema", [{"const": {"$ref": "x"}}, {"enum": [1, {"$ref": "x"}]}, {"const": math.nan}]
    )
    def test_a_value_that_must_be_shown_and_cannot_is_refused(self, schema: Schema) -> None:
        error = refused(by_hand(schema))
        assert error.problem == "allows a value that has no JSON, or has a key '$ref'"

    def test_a_single_example_joins_the_others(self) -> None:
        assert converted({"example": 1}) == {"examples": [1]}
        assert converted({"examples": [2], "example": 1}) == {"examples": [2, 1]}

    def test_what_is_described_shares_nothing_with_the_program(self) -> None:
        example = {"a": [1]}
        result = converted({"examples": [example]})
        result["examples"][0]["a"].append(2)
        assert example == {"a": [1]}


class TestKeywords:
    @pytest.mark.parametrize(
        ("keyword", "value"),
        [
            ("$anchor", "a"),
            ("$defs", {}),
            ("$dynamicAnchor", "a"),
            ("$dynamicRef", "#a"),
            ("$id", "https://a.example/"),
            ("$recursiveAnchor", True),
            ("$recursiveRef", "#"),
            ("$vocabulary", {}),
            ("definitions", {}),
            ("maxContains", 2),
            ("minContains", 2),
            ("nullable", True),
            ("unevaluatedItems", False),
            ("unevaluatedProperties", False),
        ],
    )
    def test_what_draft_07_has_no_word_for_is_refused(self, keyword: str, value: Any) -> None:
        class Model(BaseModel):
            lines: list[dict[str, tuple[int, Annotated[Any, Field(json_schema_extra={keyword: value})]]]]

        error = refused(Model)
        assert error.path == "Model.lines[].*[1]"
        assert error.problem == f"uses {keyword!r}, which draft-07 does not know"
        assert error.fix

    def test_the_name_of_the_dialect_is_forgotten(self) -> None:
        dialect = "https://json-schema.org/draft/2020-12/schema"
        assert converted({"$schema": dialect, "type": "string"}) == {"type": "string"}

    @pytest.mark.parametrize("keyword", ["exclusiveMinimum", "exclusiveMaximum"])
    def test_bounds_are_numbers(self, keyword: str) -> None:
        assert converted({keyword: 3}) == {keyword: 3}
        assert refused(by_hand({keyword: True})).problem == f"has a boolean for {keyword!r}"

    def test_other_words_stay(self) -> None:
        schema = {
            "readOnly": True,
            "deprecated": True,
            "$comment": "c",
            "x-widget": "w",
            "type": ["string", "null"],
        }
        assert converted(schema) == schema

    @pytest.mark.parametrize(
        ("schema", "problem", "fix"),
        [
            ({"items": 3}, "has 3 for a schema", "write a dict or a bool"),
            ({"properties": [1]}, "has [1] for 'properties'", "write a dict"),
            ({"pattern": 1}, "has 1 for 'pattern'", "write a str"),
            ({"anyOf": {}}, "has {} for 'anyOf'", "write a list"),
            ({"$ref": 1}, "has 1 for '$ref'", "write a str"),
        ],
    )
    def test_what_is_no_schema_is_refused(self, schema: Schema, problem: str, fix: str) -> None:
        error = refused(by_hand({"not": schema}))
        assert error.problem == problem
        assert error.fix == fix


class TestTitles:
    def test_fields_have_the_titles_that_were_written(self) -> None:
        assert field_of(int) == {"type": "integer"}
        assert field_of(int, title="Number") == {"type": "integer", "title": "Number"}
