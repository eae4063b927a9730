"""Anything at all is answered as documented: random frames, damaged ones, any payload and ref."""

from __future__ import annotations

import json
import logging
import os
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nexios import NexiosApp
from pydantic_core import from_json

from nexws import FailureCode, Limits
from nexws.consumer import NexiosFramework
from nexws.runtime import Connection, Dispatcher
from nexws.testing import connect
from tests.bad_input.sink import (
    AFTER,
    Sink,
    read,
)

FUZZ = settings(
    max_examples=2000,
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
SOME = settings(FUZZ, max_examples=300)
FEW = settings(FUZZ, max_examples=40)

letters = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
jsons = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | letters,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(letters, inner, max_size=3),
    max_leaves=5,
)
refs = letters | st.integers(-(2**53) + 1, 2**53 - 1)
keys = st.sampled_from(["event", "data", "ref", "meta", "EVENT", "", "__proto__"])
values_of: dict[str, st.SearchStrategy[Any]] = {
    "event": st.sampled_from([*Sink.events, "nobody", "", " ", "nexws.x", "a b", None, 7, []]) | letters,
    "data": jsons | st.fixed_dictionaries({"n": st.integers() | jsons}) | st.lists(st.integers()),
    "ref": refs | jsons | st.sampled_from(["r" * 129, 2**53, float("nan")]),
    "meta": st.dictionaries(st.sampled_from(["key", "traceparent", "x"]), letters | jsons, max_size=2)
    | jsons,
}


def pair_of(key: str) -> st.SearchStrategy[tuple[str, Any]]:
    return st.tuples(st.just(key), values_of.get(key, jsons))


usual = st.tuples(pair_of("event"), pair_of("data"), pair_of("ref")).map(list)
pairs = st.one_of(usual, usual, st.lists(keys.flatmap(pair_of), max_size=5))


@st.composite
def envelopes(draw: st.DrawFn) -> str:
    """Write something like a frame, in one of JSON's many styles, with keys that may stand twice."""
    ascii_only, indent = draw(st.booleans()), draw(st.sampled_from([None, 1]))
    written = [
        f"{json.dumps(key)}:{json.dumps(value, ensure_ascii=ascii_only, indent=indent)}"
        for key, value in draw(pairs)
    ]
    return "{" + ", ".join(written) + "}"


sound = st.fixed_dictionaries(
    {"event": st.sampled_from(list(Sink.events)), "data": values_of["data"]},
    optional={"ref": refs, "meta": st.fixed_dictionaries({}, optional={"key": st.text("abc", min_size=1)})},
).map(json.dumps)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """Cut, double or change a piece of a frame."""
    text = draw(sound)
    for _ in range(draw(st.integers(1, 3))):
        start, end = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
        piece = draw(st.sampled_from(["", text[start:end] * 2, "NaN", "\\u0065", '"', "[" * 70, "}", "\x00"]))
        text = text[:start] + piece + text[end:]
    return text


likely = st.text(st.sampled_from('{}[]",:\\u0065 eventdatrfNIy1.-+'), max_size=40)
texts = st.one_of(envelopes(), sound, damaged(), likely, st.text(st.characters(), max_size=20))

CODES = {each.value for each in FailureCode}


async def never(*_: object) -> Any:
    """Stand in for a server that no frame here reaches."""


def dispatch(sent: str | bytes) -> dict[str, Any] | None:
    """Serve one frame without a connection, which no handler here needs."""
    assert Sink._contract is not None
    dispatcher = Dispatcher(Sink._contract, Limits(), logging.getLogger("nexws"), (), NexiosFramework())
    answer = dispatcher.dispatch(Sink(), None, Connection(never, never, Limits()), sent)
    assert answer is None or isinstance(answer, (str, bytes)), "a handler waits"
    return None if answer is None else read(answer)


def same(left: object, right: object) -> bool:
    """Whether two JSON values are equal, types and all: 1 is not 1.0, nor true."""
    return json.dumps(left) == json.dumps(right)


def readable(sent: str | bytes) -> dict[str, Any]:
    """Read what a frame may be answered by: nothing of it, if it is no JSON object."""
    try:
        received = from_json(sent) if isinstance(sent, str) else None
    except (ValueError, TypeError):
        return {}
    return received if isinstance(received, dict) else {}


def readable_ref(sent: str | bytes) -> object:
    ref = readable(sent).get("ref")
    fits = len(ref) <= 128 if isinstance(ref, str) else type(ref) is int and abs(ref) < 2**53
    return ref if fits else None


def check_documented(answer: dict[str, Any]) -> None:
    assert set(answer) <= {"event", "ref", "status", "data", "error"}
    assert answer["status"] in ("ok", "error")
    assert ("error" in answer) is (answer["status"] == "error")
    if answer["status"] == "ok":
        assert answer["event"] in Sink.events
        return
    error = answer["error"]
    assert set(error) <= {"code", "message", "details", "retryable"}
    assert error["code"] in CODES
    assert len(error.get("details", ())) <= 32
    for each in error.get("details", ()):
        assert set(each) == {"loc", "type", "msg"}


@FUZZ
@given(sent=texts | st.binary(max_size=40))
def test_anything_is_answered_as_documented(sent: str | bytes) -> None:
    """No exception comes out, and what carries a ref that can be read is answered with it, once."""
    answer = dispatch(sent)
    if answer is None:
        received = readable(sent)
        assert received["event"] in Sink.events
        assert "ref" not in received
    else:
        check_documented(answer)
        assert same(answer.get("ref"), readable_ref(sent))


@SOME
@given(data=jsons, ref=refs, ascii_only=st.booleans())
def test_a_payload_and_a_ref_come_back_as_they_were(data: object, ref: object, ascii_only: bool) -> None:
    sent = json.dumps({"event": "echo", "data": data, "ref": ref}, ensure_ascii=ascii_only)
    answer = dispatch(sent)
    assert same(answer, {"event": "echo", "ref": ref, "status": "ok", "data": data})


@pytest.mark.outside_contract("a validator's own rule is in no schema", '"even"')
@FEW
@given(frames=st.lists(texts | st.binary(max_size=40), max_size=12))
async def test_any_frames_in_a_row_leave_the_connection_alive(frames: list[str | bytes]) -> None:
    app = NexiosApp()
    app.add_ws_route(Sink.as_route("/ws"))
    async with connect(app, "/ws") as neighbour, connect(app, "/ws") as client:
        for each in frames:
            await client.send_raw(each)
        await client.send("echo", "good", ref="after")
        answered: list[dict[str, Any]] = []
        while (last := await client.receive_raw()) != AFTER:
            answered.append(read(last))
        await neighbour.send("echo", "good", ref="after")
        assert await neighbour.receive_raw() == AFTER
    assert len(answered) <= len(frames)
    asked = Counter(json.dumps(readable_ref(each)) for each in frames)
    got = Counter(json.dumps(answer.get("ref")) for answer in answered)
    del asked["null"], got["null"]
    assert got == asked
