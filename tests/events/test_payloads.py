"""What the server sends is checked and written; what it may not send, it does not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_serializer
from pydantic_core import from_json

from nexws.errors import PayloadError, SchemaError
from nexws.events.payloads import PayloadWriter, problems
from nexws.protocol import NO_DATA

NO_JSON = "a value in it is not what its schema says, or has no JSON"


class Posted(BaseModel):
    text: str = Field(alias="messageText", max_length=10)
    at: datetime | None = None


class Stubborn(BaseModel):
    """Cannot be written, whatever it holds."""

    n: int

    @field_serializer("n")
    def write(self, n: int) -> int:
        raise KeyError(n)


@dataclass
class Point:
    x: int
    y: int


def write(schema: object, payload: object) -> str:
    return PayloadWriter[Any]("chat.posted", schema).write(payload)


def refuse(schema: object, payload: object) -> str:
    """Write what cannot be written, and give what is said about it."""
    with pytest.raises(PayloadError) as refused:
        write(schema, payload)
    assert refused.value.event == "chat.posted"
    assert str(refused.value).startswith("the payload of event 'chat.posted' cannot be sent: ")
    return refused.value.problem


class TestWriting:
    def test_a_model_is_written_by_alias(self) -> None:
        assert write(Posted, Posted(messageText="hi")) == '{"messageText":"hi","at":null}'

    @pytest.mark.parametrize(
        ("schema", "payload", "written"),
        [
            (int, 7, "7"),
            (str, 'ü "😀"\n', '"ü \\"😀\\"\\n"'),
            (list[int], [1, 2], "[1,2]"),
            (dict[str, int], {"a": 1}, '{"a":1}'),
            (Posted, {"messageText": "hi"}, '{"messageText":"hi","at":null}'),
            (Point, Point(1, 2), '{"x":1,"y":2}'),
            (datetime, datetime(2026, 1, 2, tzinfo=timezone.utc), '"2026-01-02T00:00:00Z"'),
            (timedelta, timedelta(seconds=90), '"PT1M30S"'),
            (Decimal, Decimal("9.90"), '"9.90"'),
            (int | None, None, "null"),
            (object, {"any": [1, None, True]}, '{"any":[1,null,true]}'),
            (float, 1e22, "1e+22"),
            (int, 10**400, "1" + "0" * 400),
        ],
    )
    def test_any_type_that_pydantic_knows_is_written(
        self, schema: object, payload: object, written: str
    ) -> None:
        assert from_json(write(schema, payload)) == from_json(written)

    def test_without_a_schema_there_is_no_data(self) -> None:
        assert write(None, None) == NO_DATA

    @pytest.mark.parametrize("schema", [float, object, dict[str, Any], list[float]])
    @pytest.mark.parametrize("number", [float("inf"), float("-inf"), float("nan")])
    def test_what_is_no_number_is_written_as_null(self, schema: object, number: float) -> None:
        """JSON has neither NaN nor Infinity."""
        payloads = {
            float: number,
            object: {"n": number},
            dict[str, Any]: {"n": number},
            list[float]: [number],
        }
        assert write(schema, payloads[schema]) in ("null", '{"n":null}', "[null]")  # type: ignore[index]

    def test_nor_does_a_model_write_infinity_that_asks_for_it(self) -> None:
        """Pydantic can be told to write what is no JSON."""

        class Sloppy(BaseModel):
            model_config = ConfigDict(ser_json_inf_nan="constants")
            n: float

        with pytest.raises(PayloadError, match="no JSON"):
            write(Sloppy, Sloppy(n=float("inf")))
        assert from_json(write(Sloppy, Sloppy(n=1.5)), allow_inf_nan=False) == {"n": 1.5}


class TestRefusals:
    def test_a_payload_where_none_is_declared(self) -> None:
        assert refuse(None, {"a": 1}) == "it is declared without one"

    def test_none_where_a_payload_is_declared(self) -> None:
        assert "Posted" in refuse(Posted, None)

    def test_each_wrong_part_is_named(self) -> None:
        assert refuse(Posted, {"messageText": 1, "at": "x"}) == (
            "messageText: Input should be a valid string; "
            "at: Input should be a valid datetime or date, input is too short"
        )

    def test_an_object_of_another_class(self) -> None:
        assert "valid dictionary or instance of Posted" in refuse(Posted, Point(1, 2))

    def test_a_model_that_was_made_around_its_validation(self) -> None:
        """Nothing leaves that does not fit its declaration, and the reason does not hold what it was."""
        assert refuse(Posted, Posted.model_construct(text=7654321)) == NO_JSON

    def test_a_circle(self) -> None:
        circle: list[object] = []
        circle.append(circle)
        assert refuse(object, circle) == NO_JSON

    @pytest.mark.parametrize("payload", [object(), b"\xff", "\ud800", {"a": object()}])
    def test_what_json_cannot_hold(self, payload: object) -> None:
        assert refuse(object, payload) == NO_JSON

    def test_a_serializer_that_raises(self) -> None:
        assert refuse(Stubborn, Stubborn(n=7654321)) == NO_JSON


class TestDeclaring:
    def test_a_schema_that_pydantic_cannot_read_is_refused_at_once(self) -> None:
        class Opaque:
            pass

        with pytest.raises(SchemaError) as refused:
            PayloadWriter[Any]("chat.posted", Opaque)
        assert "chat.posted" in str(refused.value)


class TestProblems:
    @staticmethod
    def of(schema: Any, data: object) -> list[dict[str, Any]]:
        with pytest.raises(ValidationError) as wrong:
            TypeAdapter[Any](schema).validate_python(data)
        return problems(wrong.value)

    def test_a_problem_has_a_place_a_type_and_words(self) -> None:
        (problem,) = self.of(dict[str, list[int]], {"a": [1, "x"]})
        assert problem == {
            "loc": ["a", 1],
            "type": "int_parsing",
            "msg": "Input should be a valid integer, unable to parse string as an integer",
        }

    def test_there_are_never_more_than_anybody_reads(self) -> None:
        assert len(self.of(list[int], ["x"] * 32)) == 32
        assert len(self.of(list[int], ["x"] * 33)) == 32
        assert 1 <= len(self.of(list[int], ["x"] * 5000)) <= 32
