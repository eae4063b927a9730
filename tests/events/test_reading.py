"""Reading frames: what is right comes out typed, what is wrong is explained."""

from __future__ import annotations

import functools
import json
import operator
import tracemalloc
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timezone
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Union
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from pydantic import (
    AfterValidator,
    AliasPath,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    create_model,
    field_validator,
    model_validator,
)
from typing_extensions import TypedDict

from nexws.events import NO_PAYLOAD
from nexws.events.reading import JsonReader
from nexws.protocol import Envelope, Failure, JsonFrames

FRAME_BYTES = 64 * 1024
SECRET = "s3cr3t"
FRAMES = JsonFrames(Envelope())


@dataclass(frozen=True)
class Served:
    """What a reader knows of a handler."""

    event: str
    schema: object
    is_binary: bool = False


def reader(schemas: Mapping[str, object], *, frame_bytes: int = FRAME_BYTES, depth: int = 64) -> JsonReader:
    handlers = {event: Served(event, schema) for event, schema in schemas.items()}
    return JsonReader(handlers, Envelope()).bounded(frame_bytes=frame_bytes, depth=depth)


def read(schema: object, data: object) -> Any:
    """Read a frame of the one event ``it``, and give its payload."""
    envelope = reader({"it": schema}).read(json.dumps({"event": "it", "data": data}))
    assert not isinstance(envelope, Failure), envelope
    return envelope.get("data")


def refuse(schema: object, data: object) -> Failure:
    """Read a frame of the one event ``it``, whose payload is wrong."""
    failure = reader({"it": schema}).read(json.dumps({"event": "it", "data": data, "ref": 1}))
    assert isinstance(failure, Failure)
    assert (failure.code, failure.event, failure.ref) == ("invalid_payload", "it", 1)
    assert failure.message == "the payload of event 'it' is not valid"
    return failure


def failure_of(frame: str, **limits: int) -> Failure:
    failure = reader({"it": int, "any": Any, "none": NO_PAYLOAD}, **limits).read(frame)
    assert isinstance(failure, Failure), failure
    return failure


def envelope_of(frame: str, **limits: int) -> Mapping[str, Any]:
    envelope = reader({"it": int, "any": Any, "none": NO_PAYLOAD}, **limits).read(frame)
    assert not isinstance(envelope, Failure), envelope
    return envelope


class Text(BaseModel):
    text: str = Field(max_length=10)


class Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")
    n: int


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    tail: float


Animal = Annotated[Union[Cat, Dog], Field(discriminator="kind")]
Called = Annotated[
    Union[Annotated[Cat, Tag("c")], Annotated[Dog, Tag("d")]],
    Discriminator(lambda animal: animal.get("is") if isinstance(animal, dict) else None),
]


class Zoo(BaseModel):
    model_config = ConfigDict(extra="forbid")
    cages: list[list[Animal]]


class Aliased(BaseModel):
    name: str = Field(alias="userName")
    zip: int = Field(1, validation_alias=AliasPath("address", 0, "zip"))


class Node(BaseModel):
    value: int
    next: Node | None = None


class Even(BaseModel):
    n: int
    m: Annotated[int, AfterValidator(abs)] = 0

    @field_validator("n")
    @classmethod
    def is_even(cls, n: int) -> int:
        if n % 2:
            raise ValueError("write an even number")
        return n


class Range(BaseModel):
    low: int
    high: int

    @model_validator(mode="after")
    def is_range(self) -> Range:
        if self.low > self.high:
            raise ValueError("low is above high")
        return self


class Point(NamedTuple):
    x: int
    y: int


class Options(TypedDict, total=False):
    size: int


@dataclass
class Data:
    n: int


class TestDetails:
    """``loc`` leads through the payload that the client sent, and through nothing else."""

    @pytest.mark.parametrize(
        ("schema", "data", "expected"),
        [
            (int, "x", [([], "int_parsing")]),
            (Text, {}, [(["text"], "missing")]),
            (Text, "text", [([], "model_type")]),
            (Text, {"text": "a" * 11}, [(["text"], "string_too_long")]),
            (Strict, {"n": "1", "o": 1}, [(["n"], "int_type"), (["o"], "extra_forbidden")]),
            (Union[Strict, Text], {"n": "1"}, [(["n"], "int_type"), (["text"], "missing")]),
            (Union[int, list[int]], ["x"], [([], "int_type"), ([0], "int_parsing")]),
            (Animal, {"kind": "cat", "lives": None}, [(["lives"], "int_type")]),
            (Animal, {"kind": "cat"}, [(["lives"], "missing")]),
            (Animal, {}, [([], "union_tag_not_found")]),
            (Animal, {"kind": "cow"}, [([], "union_tag_invalid")]),
            (Called, {"is": "d", "kind": "dog"}, [(["tail"], "missing")]),
            (
                Zoo,
                {"cages": [[], [{"kind": "dog", "tail": 1}, {"kind": "cat", "lives": "x"}, {"kind": "cow"}]]},
                [(["cages", 1, 1, "lives"], "int_parsing"), (["cages", 1, 2], "union_tag_invalid")],
            ),
            (Aliased, {"name": "x"}, [(["userName"], "missing")]),
            (
                Aliased,
                {"userName": "x", "address": [{"zip": "y"}]},
                [(["address", 0, "zip"], "int_parsing")],
            ),
            (Node, {"value": 1, "next": {"value": "x"}}, [(["next", "value"], "int_parsing")]),
            (Even, {"n": 1, "m": "x"}, [(["n"], "value_error"), (["m"], "int_parsing")]),
            (Range, {"low": 2, "high": 1}, [([], "value_error")]),
            (list[Range], [{"low": 2, "high": 1}], [([0], "value_error")]),
            (dict[str, Text], {"a": {"text": 1}}, [(["a", "text"], "string_type")]),
            (dict[int, int], {"x": 1}, [(["x"], "int_parsing")]),
            (dict[int, int], {"1": "x"}, [(["1"], "int_parsing")]),
            (
                dict[str, Text],
                {"a.b": {"text": 1}, "0": {}},
                [(["a.b", "text"], None), (["0", "text"], None)],
            ),
            (dict[str, Text], {"k" * 200: {"text": 1}}, [(["k" * 128, "text"], "string_type")]),
            (Strict, {"n": 1, "k" * 200: 1}, [(["k" * 128], "extra_forbidden")]),
            (tuple[int, str], [1], [([1], "missing")]),
            (tuple[int, ...], [1, "x"], [([1], "int_parsing")]),
            (Point, [1], [([1], "missing")]),
            (Point, {"x": 1}, [(["y"], "missing")]),
            (Options, {"size": "x"}, [(["size"], "int_parsing")]),
            (Data, {"n": "x"}, [(["n"], "int_parsing")]),
            (NO_PAYLOAD, {}, [([], "none_required")]),
        ],
    )
    def test_details_say_where_and_what(
        self, schema: object, data: object, expected: list[tuple[list[Any], str | None]]
    ) -> None:
        details = refuse(schema, data).details
        assert [each["loc"] for each in details] == [loc for loc, _ in expected]
        for each, (_, kind) in zip(details, expected, strict=True):
            assert set(each) == {"loc", "type", "msg"}
            assert kind in (None, each["type"])
            assert each["msg"]

    @pytest.mark.parametrize("frame", ['{"event":"it"}', '{"event":"any"}'])
    def test_a_payload_that_is_not_there_is_missing(self, frame: str) -> None:
        failure = failure_of(frame)
        assert failure.code == "invalid_payload"
        assert failure.details == [{"loc": [], "type": "missing", "msg": "Field required"}]

    @pytest.mark.parametrize(
        ("schema", "data"),
        [
            (int, SECRET),
            (Text, {"text": SECRET * 10}),
            (Strict, {"n": SECRET}),
            (Animal, {"kind": SECRET, "lives": SECRET}),
            (list[Animal], [{"kind": SECRET}]),
            (Called, {"is": SECRET}),
            (Literal["a", "b"], SECRET),
            (Annotated[str, Field(pattern="^a$")], SECRET),
            (datetime, SECRET),
            (UUID, SECRET),
            (Decimal, SECRET),
            (bytes, [SECRET]),
        ],
    )
    def test_neither_the_input_nor_links_are_told(self, schema: object, data: object) -> None:
        frame = FRAMES.failure(refuse(schema, data))
        assert SECRET not in frame
        assert "http" not in frame

    @pytest.mark.parametrize("schema", [Animal, ZoneInfo])
    def test_a_message_is_short_whatever_the_client_sent(self, schema: object) -> None:
        """Some of Pydantic's messages hold the input; an answer must not grow with it."""
        data = "Europe/" + "x" * 60_000
        failure = refuse(schema, data if schema is ZoneInfo else {"kind": data})
        assert len(FRAMES.failure(failure)) < 2000

    def test_a_validators_own_words_are_told(self) -> None:
        assert "write an even number" in refuse(Even, {"n": 1}).details[0]["msg"]

    def test_there_are_at_most_32_details_and_the_answer_is_small(self) -> None:
        failure = refuse(list[int], ["x"] * 10_000)
        assert 1 <= len(failure.details) <= 32
        assert len(FRAMES.failure(failure)) < 8 * 1024

    def test_details_that_nobody_reads_are_not_made(self) -> None:
        """A frame of 64 KiB can hold a hundred thousand faults, which must not hold up other connections."""
        fields: dict[str, Any] = dict.fromkeys("abcd", (int, ...))
        members: list[Any] = [create_model(f"Member{n}", **fields) for n in range(8)]
        many: Any = list
        several = reader({"it": many[functools.reduce(operator.or_, members)]})
        frame = '{"event":"it","data":[' + ",".join(["{}"] * 5000) + "]}"
        tracemalloc.start()
        try:
            failure = several.read(frame)
            _, peak_bytes = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert isinstance(failure, Failure)
        assert 1 <= len(failure.details) <= 32
        assert peak_bytes < 32 * 1024 * 1024


class TestFrames:
    def test_an_envelope_holds_what_the_frame_holds(self) -> None:
        frame = '{"event":"it","data":7,"ref":"r","meta":{"key":"k","traceparent":"00-1-2-01"}}'
        meta = {"key": "k", "traceparent": "00-1-2-01"}
        assert envelope_of(frame) == {"event": "it", "data": 7, "ref": "r", "meta": meta}

    @pytest.mark.parametrize("frame", ['{"event":"none"}', '{"event":"none","data":null}'])
    def test_an_event_without_data_may_say_so(self, frame: str) -> None:
        assert envelope_of(frame).get("data") is None

    def test_the_order_of_keys_and_white_space_are_free(self) -> None:
        assert envelope_of('\n{"ref" : 1,\t"data":7 , "event":"it"}\r\n ') == {
            "event": "it",
            "data": 7,
            "ref": 1,
        }

    @pytest.mark.parametrize("size", [50, 64])
    def test_a_frame_of_as_many_bytes_as_allowed_is_read(self, size: int) -> None:
        frame = '{"event":"any","data":"ü"}'
        padded = frame + " " * (size - len(frame.encode()))
        assert envelope_of(padded, frame_bytes=size)["data"] == "ü"
        assert failure_of(padded + " ", frame_bytes=size).code == "too_large"

    def test_bytes_are_counted_not_letters(self) -> None:
        frame = '{"event":"any","data":"😀😀😀😀"}'
        assert failure_of(frame, frame_bytes=len(frame)).code == "too_large"
        assert envelope_of(frame, frame_bytes=len(frame.encode()))["data"] == "😀😀😀😀"

    def test_the_limit_is_told(self) -> None:
        assert "50 bytes" in failure_of(" " * 51, frame_bytes=50).message

    @pytest.mark.parametrize("depth", [2, 5, 64])
    def test_a_frame_may_nest_as_deep_as_allowed(self, depth: int) -> None:
        frame = '{"event":"any","data":' + "[" * (depth - 1) + "]" * (depth - 1) + ',"ref":1}'
        assert envelope_of(frame, depth=depth)["ref"] == 1
        failure = failure_of(frame, depth=depth - 1)
        assert (failure.code, failure.event, failure.ref) == ("bad_frame", "any", 1)
        assert failure.message == f"the frame nests deeper than {depth - 1} (Limits.json_depth)"

    def test_many_brackets_beside_each_other_are_not_deep(self) -> None:
        frame = '{"event":"any","data":[' + ",".join(["[]"] * 500) + "]}"
        assert len(envelope_of(frame)["data"]) == 500

    @pytest.mark.parametrize("text", ["NaN", "-Infinity", '"event"', '"ref"', "[" * 100, "\\", "\\u0065"])
    def test_what_only_looks_like_a_breach_is_read(self, text: str) -> None:
        frame = json.dumps({"event": "any", "data": {"text": text, "event": text}, "ref": 1})
        assert envelope_of(frame)["data"] == {"text": text, "event": text}

    def test_a_lone_surrogate_in_the_text_itself_is_no_json(self) -> None:
        """A server that decodes leniently can give one."""
        assert failure_of('{"event":"any","data":"\ud800"}').code == "bad_frame"
        assert failure_of("\ud800").code == "bad_frame"

    @pytest.mark.parametrize(
        ("frame", "code"),
        [
            ('{"event":"it","data":"x","extra":1,"ref":1}', "bad_envelope"),
            ('{"event":"it","data":"x","meta":1,"ref":1}', "bad_envelope"),
            ('{"event":"it","data":NaN,"extra":1,"ref":1}', "bad_frame"),
            ('{"event":"it","data":"x","data":"y","ref":1}', "bad_envelope"),
            ('{"event":"nobody","data":NaN,"ref":1}', "bad_frame"),
            ('{"event":"a b","ref":1}', "bad_envelope"),
            ('{"event":"nobody","ref":1}', "unknown_event"),
            ('{"event":"it","data":"x","ref":1}', "invalid_payload"),
        ],
    )
    def test_the_outermost_fault_is_told(self, frame: str, code: str) -> None:
        """First the JSON, then the envelope, then the payload."""
        failure = failure_of(frame)
        assert (failure.code, failure.ref) == (code, 1)
        assert bool(failure.details) is (code == "invalid_payload")

    @pytest.mark.parametrize(
        ("ref", "readable"),
        [
            ("r", "r"),
            ("r" * 128, "r" * 128),
            ("r" * 129, None),
            (7, 7),
            (2**53, None),
            (True, None),
            ([], None),
        ],
    )
    def test_a_failure_has_the_ref_if_it_is_one(self, ref: object, readable: object) -> None:
        failure = failure_of(json.dumps({"event": "nobody", "ref": ref}))
        assert failure.ref == readable

    def test_a_wrong_envelope_is_told_however_much_is_wrong_with_the_payload(self) -> None:
        data = ",".join(["{}"] * 100)
        failure = reader({"ints": list[int]}).read(f'{{"event":"ints","data":[{data}],"extra":1,"ref":1}}')
        assert isinstance(failure, Failure)
        assert (failure.code, failure.ref) == ("bad_envelope", 1)

    def test_a_union_inside_the_payload_is_not_taken_for_the_events(self) -> None:
        """Both tell their members apart by a tag."""
        failure = refuse(Animal, {"kind": "cow"})
        assert failure.code == "invalid_payload"

    @pytest.mark.parametrize("event", ["", " "])
    def test_without_any_event_none_is_known(self, event: str) -> None:
        """The members that a union needs can be reached by nobody."""
        nothing = reader({})
        for data in ("", ',"data":null', ',"data":{}'):
            failure = nothing.read(f'{{"event":"{event}"{data}}}')
            assert isinstance(failure, Failure)
            assert failure.code == "bad_envelope"
        failure = nothing.read('{"event":"any"}')
        assert isinstance(failure, Failure)
        assert failure.code == "unknown_event"


class Colour(Enum):
    RED = "red"


class Exact(BaseModel):
    """What JSON has no type for, in a model that converts nothing."""

    model_config = ConfigDict(strict=True)
    moment: datetime
    day: date
    id: UUID
    price: Decimal
    colour: Colour
    raw: bytes
    pair: tuple[int, str]
    tags: frozenset[str]
    ratio: float


class TestStrictModels:
    """Pydantic is strict in another way where it reads JSON: a frame is read in one pass, so that holds here."""

    GOOD: ClassVar[dict[str, Any]] = {
        "moment": "2026-01-02T03:04:05Z",
        "day": "2026-01-02",
        "id": "12345678-1234-5678-1234-567812345678",
        "price": "9.90",
        "colour": "red",
        "raw": "bytes",
        "pair": [1, "a"],
        "tags": ["x"],
        "ratio": 1,
    }

    def test_types_that_json_has_not_are_read_from_their_text(self) -> None:
        assert read(Exact, self.GOOD) == Exact(
            moment=datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc),
            day=date(2026, 1, 2),
            id=UUID("12345678-1234-5678-1234-567812345678"),
            price=Decimal("9.90"),
            colour=Colour.RED,
            raw=b"bytes",
            pair=(1, "a"),
            tags=frozenset({"x"}),
            ratio=1.0,
        )

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("moment", 0),
            ("day", 0),
            ("id", 1),
            ("colour", "RED"),
            ("raw", 1),
            ("pair", ["1", "a"]),
            ("tags", "x"),
            ("ratio", "1"),
        ],
    )
    def test_nothing_else_is_converted(self, field: str, value: object) -> None:
        (detail,) = refuse(Exact, {**self.GOOD, field: value}).details
        assert detail["loc"][0] == field
