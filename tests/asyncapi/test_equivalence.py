"""The document judges everything as Pydantic's own schemas do."""

from __future__ import annotations

from collections import Counter
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator, Draft202012Validator
from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from nexws.asyncapi import Schemas
from tests.asyncapi.instances import ANYTHING, Schema, instances, mutations
from tests.asyncapi.kinds import KINDS, READ_AND_WRITTEN

Mode = Literal["validation", "serialization"]
MODES: tuple[Mode, Mode] = ("validation", "serialization")
TAGGED = {"discriminated union", "optional discriminated union"}
"""A tag with a default is optional for Pydantic's schema, but neither for the model nor in the document."""
PATTERNED = {"dict with patterned keys"}
"""Other keys are refused by the type, and so in the document, but not by Pydantic's schema."""
SHARE = 0.05

thorough = settings(
    max_examples=30,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


def original(kind: str, mode: Mode) -> Schema:
    return TypeAdapter[Any](KINDS[kind]).json_schema(mode=mode)


DIFFERENT = [
    (kind, mode)
    for kind in KINDS
    for mode in MODES
    if mode == "validation" or original(kind, mode) != original(kind, "validation")
]


def converted(kind: str, mode: Mode) -> Draft7Validator:
    schemas = Schemas()
    use = schemas.add(KINDS[kind], mode=mode, where=kind)
    described = schemas.describe()
    document = {"allOf": [described.ref_of(use)], "components": {"schemas": described.components}}
    Draft7Validator.check_schema(document)
    return Draft7Validator(document)


@pytest.mark.parametrize(("kind", "mode"), DIFFERENT)
def test_the_document_accepts_what_the_schema_accepts_and_nothing_else(kind: str, mode: Mode) -> None:
    """Enough of both occurs to tell."""
    schema = original(kind, mode)
    closed = {"additionalProperties": False} if kind in PATTERNED else {}
    before, after = Draft202012Validator({**schema, **closed}), converted(kind, mode)
    fitting = instances(schema, schema)
    verdicts: Counter[bool] = Counter()

    @thorough
    @given(st.tuples(fitting, mutations(fitting), ANYTHING))
    def judge(candidates: tuple[Any, ...]) -> None:
        for candidate in candidates:
            expected = before.is_valid(candidate)
            if kind in TAGGED and isinstance(candidate, dict):
                expected = expected and "kind" in candidate
            assert after.is_valid(candidate) is expected, candidate
            verdicts[expected] += 1

    judge()
    assert min(verdicts[True], verdicts[False]) >= SHARE * verdicts.total()


@pytest.mark.parametrize("kind", READ_AND_WRITTEN)
def test_the_document_accepts_what_a_model_writes(kind: str) -> None:
    """Whatever could be read can be written."""
    adapter, schema = TypeAdapter[Any](KINDS[kind]), original(kind, "validation")
    written = converted(kind, "serialization")
    counted: Counter[bool] = Counter()

    @thorough
    @given(instances(schema, schema))
    def write(candidate: Any) -> None:
        try:
            value = adapter.validate_json(to_json(candidate))
        except ValidationError:
            counted[False] += 1
            return
        counted[True] += 1
        text = adapter.dump_json(value, by_alias=True)
        written.validate(from_json(text))

    write()
    assert counted[True] >= SHARE * counted.total()
