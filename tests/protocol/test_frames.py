"""Frames as they are written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexws.protocol import ERROR_EVENT, NO_DATA, Envelope, Failure, FailureCode, JsonFrames, Ref

FRAMES = JsonFrames(Envelope())
FLAT = JsonFrames(Envelope(event="type", data=None, ref="id"))

REFS: list[Ref] = [
    "7",
    7,
    0,
    -1,
    2**53 - 1,
    "",
    "true",
    'quote " backslash \\ slash /',
    "\r\n\x00\x1b",
    "ünïcode 😀 \u2028",
]


def read(frame: str) -> Any:
    """Read JSON, and nothing that only Python takes for it."""

    def refuse(word: str) -> object:
        raise AssertionError(f"{word} is no JSON")

    return json.loads(frame, parse_constant=refuse)


def failure_of(failure: Failure) -> Mapping[str, Any]:
    frame = read(FRAMES.failure(failure))
    assert list(frame)[-2:] == ["status", "error"]
    assert frame["status"] == "error"
    error: Mapping[str, Any] = frame["error"]
    return error


class TestPushes:
    def test_a_push_has_its_event_and_its_data(self) -> None:
        assert FRAMES.push("chat.posted", '{"text":"hi"}') == '{"event":"chat.posted","data":{"text":"hi"}}'

    def test_data_that_is_null_is_still_data(self) -> None:
        assert FRAMES.push("chat.posted", "null") == '{"event":"chat.posted","data":null}'

    def test_a_push_without_data_has_no_such_key(self) -> None:
        assert FRAMES.push("chat.cleared", NO_DATA) == '{"event":"chat.cleared"}'


class TestReplies:
    def test_a_reply_has_the_ref_before_the_status_and_the_data_last(self) -> None:
        frame = FRAMES.answer("chat.message", "7", "ok", '{"length":2}')
        assert frame == '{"event":"chat.message","ref":"7","status":"ok","data":{"length":2}}'

    def test_a_reply_without_data_has_no_such_key(self) -> None:
        assert FRAMES.answer("ping", 7, "ok", NO_DATA) == '{"event":"ping","ref":7,"status":"ok"}'

    @pytest.mark.parametrize("ref", REFS)
    def test_a_ref_keeps_its_value_and_its_type(self, ref: Ref) -> None:
        frame = FRAMES.answer("ping", ref, "ok", "1")
        assert read(frame) == {"event": "ping", "ref": ref, "status": "ok", "data": 1}
        assert type(read(frame)["ref"]) is type(ref)

    @given(st.text() | st.integers())
    def test_a_frame_is_one_line_whatever_the_ref(self, ref: Ref) -> None:
        frame = FRAMES.answer("ping", ref, "ok", NO_DATA)
        assert read(frame)["ref"] == ref
        assert frame.isprintable()


class TestFailures:
    def test_a_failure_says_as_little_as_it_can(self) -> None:
        failure = Failure(code=FailureCode.BAD_FRAME, message="the frame is no JSON object")
        assert FRAMES.failure(failure) == (
            '{"event":"nexws.error","status":"error","error":'
            '{"code":"bad_frame","message":"the frame is no JSON object","retryable":false}}'
        )

    def test_a_failure_says_all_that_is_known(self) -> None:
        details = [{"loc": ["text"], "type": "missing", "msg": "Field required"}]
        failure = Failure(
            code="room_full",
            message="the room is full",
            event="chat.message",
            ref="7",
            details=details,
            data={"free": 0},
            retryable=True,
        )
        assert read(FRAMES.failure(failure)) == {
            "event": "chat.message",
            "ref": "7",
            "status": "error",
            "error": {
                "code": "room_full",
                "message": "the room is full",
                "details": details,
                "data": {"free": 0},
                "retryable": True,
            },
        }

    @pytest.mark.parametrize("code", FailureCode)
    def test_a_code_is_written_as_its_word(self, code: FailureCode) -> None:
        assert failure_of(Failure(code=code, message=""))["code"] == code.value

    @pytest.mark.parametrize("ref", REFS)
    def test_a_ref_keeps_its_value_and_its_type(self, ref: Ref) -> None:
        frame = read(FRAMES.failure(Failure(code="x", message="", event="ping", ref=ref)))
        assert frame["ref"] == ref
        assert type(frame["ref"]) is type(ref)

    @pytest.mark.parametrize("event", [None, ""])
    def test_without_an_event_it_has_one_of_its_own(self, event: str | None) -> None:
        assert read(FRAMES.failure(Failure(code="x", message="", event=event)))["event"] == ERROR_EVENT

    @pytest.mark.parametrize("falsy", [0, False, "", [], {}])
    def test_data_is_left_out_only_when_there_is_none(self, falsy: object) -> None:
        assert failure_of(Failure(code="x", message="", data=falsy))["data"] == falsy
        assert "data" not in failure_of(Failure(code="x", message=""))

    @pytest.mark.parametrize("number", [float("inf"), float("-inf"), float("nan")])
    def test_what_is_no_number_becomes_null(self, number: float) -> None:
        assert failure_of(Failure(code="x", message="", data=[number]))["data"] == [None]

    @pytest.mark.parametrize("data", [object(), "\ud800", b"\xff"])
    def test_data_that_is_no_json_raises(self, data: object) -> None:
        with pytest.raises(ValueError, match=r".+"):
            FRAMES.failure(Failure(code="x", message="", data=data))
