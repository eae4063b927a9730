"""Objects of another format are judged as their JSON would be."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from ipaddress import IPv4Address
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, TypeVar, Union
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import AnyUrl, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, create_model
from pydantic_core import SchemaValidator
from typing_extensions import TypedDict

from nexws.events.native import natively


class Colour(Enum):
    RED = "red"


class Level(IntEnum):
    LOW = 1


class Inner(BaseModel):
    model_config = ConfigDict(strict=True)
    id: UUID
    when: datetime | None = None


class Lax(BaseModel):
    n: int
    tags: set[str] = set()


class Node(BaseModel):
    model_config = ConfigDict(strict=True)
    at: date
    children: list[Node] = []


class Cat(BaseModel):
    kind: Literal["cat"]
    born: date


class Dog(BaseModel):
    model_config = ConfigDict(strict=True)
    kind: Literal["dog"]
    born: date


class Pair(TypedDict):
    left: UUID
    right: Decimal


@dataclass
class Point:
    x: float
    on: date


T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    model_config = ConfigDict(strict=True)
    items: tuple[T, ...]


KINDS: list[Any] = [
    int,
    Annotated[int, Field(ge=1, strict=True)],
    float,
    bool,
    str,
    UUID,
    date,
    datetime,
    time,
    timedelta,
    Decimal,
    Colour,
    Level,
    Literal["a", 1],
    Union[UUID, None],
    Union[int, date],
    Union[UUID, str],
    tuple[int, str],
    tuple[UUID, ...],
    set[int],
    frozenset[str],
    list[date],
    dict[str, UUID],
    Inner,
    Lax,
    list[Inner],
    Node,
    Annotated[Union[Cat, Dog], Field(discriminator="kind")],
    Pair,
    Point,
    Page[date],
    IPv4Address,
    Path,
    AnyUrl,
]

texts = st.sampled_from(
    [
        "",
        "a",
        "1",
        "1.5",
        "red",
        "true",
        "2020-01-01",
        "2020-01-01T00:00:00Z",
        "10:00:00",
        "P1D",
        "7d0f3a8c-6b0e-4c39-9a3b-6f3a3d3f4a11",
        "cat",
        "dog",
        "127.0.0.1",
        "https://example.com/",
    ]
)
scalars = st.none() | st.booleans() | st.integers(-2, 2**40) | st.floats(-9, 9) | texts
keys = st.sampled_from(
    ["id", "when", "n", "tags", "at", "children", "kind", "born", "left", "right", "x", "on", "items"]
)
values = st.recursive(
    scalars, lambda each: st.lists(each, max_size=3) | st.dictionaries(keys, each, max_size=4), max_leaves=6
)


def valid(kind: Any) -> list[Any]:
    """Payloads that fit, for generators seldom find them."""
    u, d = "7d0f3a8c-6b0e-4c39-9a3b-6f3a3d3f4a11", "2020-01-01"
    known: dict[str, Any] = {
        "Inner": {"id": u, "when": "2020-01-01T00:00:00Z"},
        "Lax": {"n": "3", "tags": ["a"]},
        "Node": {"at": d, "children": [{"at": d}]},
        "Pair": {"left": u, "right": "1.5"},
        "Point": {"x": 1, "on": d},
        "Page[date]": {"items": [d]},
    }
    name = getattr(kind, "__name__", "")
    return (
        [known[name]]
        if name in known
        else [{"kind": "dog", "born": d}, [known["Inner"]], [u], [1, "a"], {"a": u}]
    )


def wrapped(kind: Any, *, strict: bool) -> Any:
    return create_model("Wrapped", __config__=ConfigDict(strict=strict), value=(kind, ...))


def judge(validate: Any, payload: Any) -> Any:
    """Give what comes out, with its type, or that nothing does."""
    try:
        value = validate(payload).value
    except ValidationError:
        return "invalid"
    return type(value), value


@settings(max_examples=60, deadline=None, derandomize="CI" in os.environ)
@given(data=st.data())
@pytest.mark.parametrize("strict", [True, False], ids=["strict", "lax"])
@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_plain_objects_are_judged_like_their_json(kind: Any, strict: bool, data: Any) -> None:
    """What JSON can say has the same result, field by field, strict or not."""
    adapter = TypeAdapter[Any](wrapped(kind, strict=strict))
    native = SchemaValidator(natively(adapter.core_schema), None, False).validate_python
    payload = {"value": data.draw(values | st.sampled_from(valid(kind)))}
    assert judge(native, payload) == judge(adapter.validator.validate_json, json.dumps(payload))


class Typed(BaseModel):
    model_config = ConfigDict(strict=True)
    blob: bytes
    at: datetime
    day: date = date(2020, 1, 1)
    numbers: dict[int, str] = {}


@pytest.fixture(name="read")
def read_natively() -> Any:
    schema: Any = natively(TypeAdapter(Typed).core_schema)
    return SchemaValidator(schema, None, False).validate_python


def test_bytes_and_times_are_what_they_are(read: Any) -> None:
    """That is what such a format is for."""
    now = datetime(2020, 1, 1, tzinfo=timezone.utc)
    typed = read({"blob": b"\xff", "at": now, "numbers": {1: "a", "2": "b"}})
    assert (typed.blob, typed.at, typed.numbers) == (b"\xff", now, {1: "a", 2: "b"})


@pytest.mark.parametrize("wrong", [{"blob": "text"}, {"at": 5}, {"at": b"2020"}, {"day": 5}, {"day": 1.5}])
def test_what_is_strict_stays_strict(read: Any, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read({"blob": b"", "at": "2020-01-01T00:00:00Z", **wrong})
