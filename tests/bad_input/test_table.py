"""Whatever a client sends, it gets the documented answer, and nobody else notices."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass

import pytest
from nexios import NexiosApp
from pydantic_core import from_json

from tests.bad_input.sink import (
    KIB_64,
    NO_EVENT,
    answer_to,
    check_quiet,
    frame,
    padded,
    positions,
)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a bad frame is answered with."""

    code: str
    event: str = NO_EVENT
    ref: object = None


BAD_FRAME = Answer(code="bad_frame")
BAD_ENVELOPE = Answer(code="bad_envelope", event="echo", ref="r")
NAMELESS = Answer(code="bad_envelope", ref="r")
BAD_REF = Answer(code="bad_envelope", event="echo")
TOO_LARGE = Answer(code="too_large")

NO_REFS: dict[str, object] = {
    "true": True,
    "false": False,
    "null": None,
    "a float": 1.5,
    "a whole float": 1.0,
    "an object": {},
    "an array": ["r"],
    "129 letters": "r" * 129,
    "2 to the 53": 2**53,
    "minus 2 to the 53": -(2**53),
    "1000 digits": 10**1000,
}
NO_METAS: dict[str, object] = {
    "null": None,
    "a list": [],
    "text": "key",
    "full of other keys": {"x": 1},
    "an empty key": {"key": ""},
    "a number as key": {"key": 1},
    "a long key": {"key": "k" * 129},
    "a long traceparent": {"traceparent": "t" * 257},
    "a list as traceparent": {"traceparent": []},
}
DEEP = '{"event":"echo","ref":"r","data":'
BAD: dict[str, tuple[str, Answer]] = {
    # no JSON
    "empty": ("", BAD_FRAME),
    "white space": (" \r\n\t", BAD_FRAME),
    "text": ("hello", BAD_FRAME),
    "cut short": ('{"event":"echo","data":"', BAD_FRAME),
    "byte order mark": ("\ufeff" + frame(), BAD_FRAME),
    "trailing garbage": (frame() + "x", BAD_FRAME),
    "two frames in one": (frame() * 2, BAD_FRAME),
    "trailing comma": ('{"event":"echo",}', BAD_FRAME),
    "single quotes": ("{'event':'echo'}", BAD_FRAME),
    "a comment": ('{"event":"echo"/**/}', BAD_FRAME),
    "a line break in a string": ('{"event":"echo","data":"\n"}', BAD_FRAME),
    "NUL": ("\x00", BAD_FRAME),
    "NUL behind the frame": (frame() + "\x00", BAD_FRAME),
    "hexadecimal": ('{"event":"echo","data":0x1}', BAD_FRAME),
    "a lone surrogate in escapes": ('{"event":"echo","data":"\\ud800","ref":"r"}', BAD_FRAME),
    "a lone surrogate in the ref": ('{"event":"echo","data":1,"ref":"\\udfff"}', BAD_FRAME),
    "a lone surrogate in the event": ('{"event":"\\ud800","data":1,"ref":"r"}', BAD_FRAME),
    "a lone surrogate as it is": ('{"event":"echo","data":"\ud800","ref":"r"}', BAD_FRAME),
    # no numbers
    "5000 digits": (DEEP + "9" * 5000 + "}", BAD_FRAME),
    "5000 digits, negative": (DEEP + "-" + "9" * 5000 + "}", BAD_FRAME),
    "NaN": (DEEP + "NaN}", Answer(code="bad_frame", event="echo", ref="r")),
    "Infinity": (DEEP + "[Infinity]}", Answer(code="bad_frame", event="echo", ref="r")),
    "-Infinity": (DEEP + '{"a":-Infinity}}', Answer(code="bad_frame", event="echo", ref="r")),
    "NaN as ref": ('{"event":"echo","ref":NaN}', Answer(code="bad_frame", event="echo")),
    "NaN for an event that takes none": (
        '{"event":"nothing","data":NaN}',
        Answer(code="bad_frame", event="nothing"),
    ),
    # too deep
    "65 levels": (
        DEEP + "[" * 64 + "]" * 64 + "}",
        Answer(code="bad_frame", event="echo", ref="r"),
    ),
    "65 levels of objects": (
        DEEP + '{"a":' * 64 + "1" + "}" * 65,
        Answer(code="bad_frame", event="echo", ref="r"),
    ),
    "900 levels": (DEEP + "[" * 899 + "]" * 899 + "}", BAD_FRAME),
    "as many levels as fit": ("[" * 32_000 + "]" * 32_000, BAD_FRAME),
    "levels that never end": ("[" * KIB_64, BAD_FRAME),
    "100 000 levels": ("[" * 100_000 + "]" * 100_000, TOO_LARGE),
    # too large
    "a byte too many": (padded(frame(), KIB_64 + 1), TOO_LARGE),
    "a byte too many, multi-byte": (padded(frame().replace("1", '"€"'), KIB_64 + 1), TOO_LARGE),
    "few letters of many bytes": ('{"event":"echo","data":"' + "😀" * 16_384 + '"}', TOO_LARGE),
    # no object
    "array": ("[]", BAD_FRAME),
    "array of frames": (f"[{frame()}]", BAD_FRAME),
    "number": ("7", BAD_FRAME),
    "null": ("null", BAD_FRAME),
    "string": ('"echo"', BAD_FRAME),
    "a frame in a string": (json.dumps(frame()), BAD_FRAME),
    # no event
    "empty object": ("{}", Answer(code="bad_envelope")),
    "no event": ('{"data":1,"ref":"r"}', NAMELESS),
    "empty event": (frame(""), NAMELESS),
    "blank event": (frame(" "), NAMELESS),
    "event is a number": (frame(5), NAMELESS),
    "event is null": (frame(None), NAMELESS),
    "event is true": (frame(True), NAMELESS),
    "event is a list": (frame(["echo"]), NAMELESS),
    "event is an object": (frame({"event": "echo"}), NAMELESS),
    "event with a line break": (frame("echo\n"), NAMELESS),
    "event that forges a log line": (frame("x\r\nERROR root: FORGED"), NAMELESS),
    "event with an escape sequence": (frame("\x1b[31mFORGED"), NAMELESS),
    "event with NUL": (frame("FORGED\x00"), NAMELESS),
    "event in other letters": (frame("FORGED\u0435"), NAMELESS),
    "event with a line separator": (frame("FORGED\u2028"), NAMELESS),
    "event of 129 letters": (frame("FORGED" + "x" * 123), NAMELESS),
    # nobody's event
    "unknown event": (frame("nobody"), Answer(code="unknown_event", event="nobody", ref="r")),
    "unknown event of 128 letters": (
        frame("n" * 128),
        Answer(code="unknown_event", event="n" * 128, ref="r"),
    ),
    "reserved event": (frame("nexws.error"), Answer(code="unknown_event", ref="r")),
    "a method's name": (frame("on_connect"), Answer(code="unknown_event", event="on_connect", ref="r")),
    "a dunder": (frame("__class__"), Answer(code="unknown_event", event="__class__", ref="r")),
    "other case": (frame("Echo"), Answer(code="unknown_event", event="Echo", ref="r")),
    # keys that do not belong there
    "extra key": (frame(extra=1), BAD_ENVELOPE),
    "status": (frame(status="ok"), BAD_ENVELOPE),
    "__proto__": (frame(__proto__={"admin": True}), BAD_ENVELOPE),
    "__class__": (frame(__class__="Sink"), BAD_ENVELOPE),
    "constructor": (frame(constructor={"prototype": {}}), BAD_ENVELOPE),
    "other case of ref": (frame(Ref="x"), BAD_ENVELOPE),
    "empty key": (frame(**{"": 1}), BAD_ENVELOPE),
    # keys twice
    "event twice": ('{"event":"even","event":"echo","data":1,"ref":"r"}', BAD_ENVELOPE),
    "event twice, once in escapes": (
        '{"\\u0065vent":"even","event":"echo","data":1,"ref":"r"}',
        BAD_ENVELOPE,
    ),
    "event twice, both in escapes": (
        '{"\\u0065vent":"even","e\\u0076ent":"echo","data":1,"ref":"r"}',
        BAD_ENVELOPE,
    ),
    "the same event twice": ('{"event":"echo","event":"echo","data":1,"ref":"r"}', BAD_ENVELOPE),
    "data twice": ('{"event":"echo","data":1,"ref":"r","data":2}', BAD_ENVELOPE),
    "data twice, once in escapes": ('{"event":"echo","data":1,"ref":"r","dat\\u0061":2}', BAD_ENVELOPE),
    "meta twice": ('{"event":"echo","data":1,"ref":"r","meta":{},"meta":{}}', BAD_ENVELOPE),
    "ref twice": ('{"event":"echo","data":1,"ref":"r","ref":"r"}', BAD_ENVELOPE),
    "ref twice, once in escapes": ('{"event":"echo","data":1,"ref":"r","r\\u0065f":"r"}', BAD_ENVELOPE),
    "unknown key twice": ('{"event":"echo","data":1,"ref":"r","x":1,"x":2}', BAD_ENVELOPE),
    # refs that are none
    **{f"ref is {name}": (frame(ref=ref), BAD_REF) for name, ref in NO_REFS.items()},
    "ref in exponents": ('{"event":"echo","data":1,"ref":1e2}', BAD_REF),
    # meta that is none
    **{f"meta is {name}": (frame(meta=meta), BAD_ENVELOPE) for name, meta in NO_METAS.items()},
    # payloads that do not fit
    "no payload": ('{"event":"even","ref":7}', Answer(code="invalid_payload", event="even", ref=7)),
    "payload null": (frame("even", None), Answer(code="invalid_payload", event="even", ref="r")),
    "payload in a string": (frame("even", '{"n":2}'), Answer(code="invalid_payload", event="even", ref="r")),
    "payload for an event without": (
        frame("nothing", {}),
        Answer(code="invalid_payload", event="nothing", ref="r"),
    ),
}


@positions
@pytest.mark.parametrize(("bad", "expected"), [pytest.param(*each, id=name) for name, each in BAD.items()])
async def test_a_bad_frame_gets_its_answer_and_nothing_else_happens(
    bad: str,
    expected: Answer,
    position: str,
    app: NexiosApp,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    answer = await answer_to(app, bad, position)
    ref = {} if expected.ref is None else {"ref": expected.ref}
    error = answer.pop("error")
    assert answer == {"event": expected.event, **ref, "status": "error"}
    assert (error["code"], error["retryable"]) == (expected.code, False)
    assert error["message"]
    assert ("details" in error) is (expected.code == "invalid_payload")
    assert "FORGED" not in json.dumps(error)
    check_quiet(caplog, capfd)


@positions
@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, (text, _) in BAD.items()] + [frame()])
async def test_a_binary_frame_is_a_bad_frame_whatever_it_holds(
    text: str,
    position: str,
    app: NexiosApp,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    answer = await answer_to(app, text.encode("utf-8", "surrogatepass"), position)
    assert answer["event"] == NO_EVENT
    assert answer["error"]["code"] == "bad_frame"
    assert "ref" not in answer
    check_quiet(caplog, capfd)


@pytest.mark.parametrize("levels", [65, 900, 100_000])
async def test_no_depth_is_too_deep_for_an_answer(levels: int, wide_app: NexiosApp) -> None:
    """Parsers that call themselves fall over here."""
    for opening, closing in ("[", "]"), ('{"a":', "}"):
        answer = await answer_to(wide_app, opening * levels + "1" + closing * levels, "first")
        assert answer["error"]["code"] == "bad_frame"


GOOD: dict[str, tuple[str, object]] = {
    "64 levels": (DEEP + "[" * 63 + "]" * 63 + "}", from_json("[" * 63 + "]" * 63)),
    "as large as allowed": (padded(frame(), KIB_64), 1),
    "as large as allowed, multi-byte": (padded(frame().replace("1", '"€"'), KIB_64), "€"),
    "all multi-byte": (
        padded('{"event":"echo","ref":"r","data":"' + "😀" * 16_374 + '"}', KIB_64),
        "😀" * 16_374,
    ),
    "white space around": (f" \r\n\t{frame()}\n", 1),
    "escaped names": ('{"\\u0065vent":"\\u0065cho","data":1,"ref":"\\u0072"}', 1),
    "4300 digits": (DEEP + "9" * 4300 + "}", int("9" * 4300)),
    "NaN in a string": (frame(data=["NaN", "-Infinity"]), ["NaN", "-Infinity"]),
    "keys twice in the payload": (DEEP + '{"a":1,"a":2,"\\u0061":3}}', {"a": 3}),
    "envelope keys in the payload": (
        DEEP + '{"event":1,"event":2,"ref":{"ref":3},"data":null,"meta":[]}}',
        {"event": 2, "ref": {"ref": 3}, "data": None, "meta": []},
    ),
    "names of Python and JavaScript": (
        frame(data={"__proto__": {"a": 1}, "__class__": "x", "constructor": {}, "__init__": 1}),
        {"__proto__": {"a": 1}, "__class__": "x", "constructor": {}, "__init__": 1},
    ),
    "control characters in a string": (frame(data="\r\n\x00\x1b\x7f\u2028"), "\r\n\x00\x1b\x7f\u2028"),
    "a pair of surrogates": (DEEP + '"\\ud83d\\ude00"}', "😀"),
    "too large a float": (DEEP + "[1e999,-1e999]}", [None, None]),
    "meta": (frame(meta={"key": "k" * 128, "traceparent": "t" * 256}), 1),
    "empty meta": (frame(meta={}), 1),
}


@pytest.mark.parametrize(("good", "expected"), [pytest.param(*each, id=name) for name, each in GOOD.items()])
async def test_a_frame_at_the_edge_is_served(good: str, expected: object, app: NexiosApp) -> None:
    answer = await answer_to(app, good, "first")
    assert answer == {"event": "echo", "ref": "r", "status": "ok", "data": expected}


async def test_a_number_too_large_for_a_float_never_leaves_as_infinity(app: NexiosApp) -> None:
    """Python reads 1e999 as infinity, for which JSON has no word."""
    answer = await answer_to(app, '{"event":"map","ref":1,"data":{"a":1e999,"b":[-1e999,1e308]}}', "first")
    assert answer["data"] == {"a": None, "b": [None, 1e308]}


async def test_a_payload_sets_no_attribute_of_its_model(app: NexiosApp) -> None:
    data = {"n": 2, "__class__": "x", "model_config": {}, "__init__": 1, "is_even": 1}
    assert (await answer_to(app, frame("even", data), "first"))["data"] == "Even n=2"


@pytest.mark.parametrize(
    "ref",
    ["7", 7, 0, -1, "", "true", "null", "1.0", 2**53 - 1, -(2**53 - 1), "r" * 128, '"\\\r\n\x00', "😀 ü"],
)
@pytest.mark.parametrize("event", ["echo", "nobody", "even"])
async def test_a_ref_comes_back_as_what_it_was(event: str, ref: object, app: NexiosApp) -> None:
    """Text stays text, a number stays a number, in replies and in failures."""
    answer = await answer_to(app, frame(event, ref=ref), "first")
    assert answer["ref"] == ref
    assert type(answer["ref"]) is type(ref)


@pytest.mark.parametrize("ref", [{}, {"ref": "r"}])
async def test_a_validator_that_crashes_is_an_internal_error(
    ref: dict[str, str], app: NexiosApp, caplog: pytest.LogCaptureFixture
) -> None:
    """The log has what the client is not told."""
    answer = await answer_to(app, json.dumps({"event": "crash", "data": {"n": 1}, **ref}), "later")
    error = answer.pop("error")
    assert answer == {"event": "crash", **ref, "status": "error"}
    assert error == {"code": "internal", "message": "the event could not be served", "retryable": False}
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("nexws", logging.ERROR)
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], KeyError)
    assert "'crash'" in record.getMessage()


@pytest.mark.outside_contract("a validator's own rule is in no schema", '"even"')
async def test_a_validators_value_error_is_told_to_the_client(app: NexiosApp) -> None:
    answer = await answer_to(app, frame("even", {"n": 1}), "first")
    (detail,) = answer["error"]["details"]
    assert detail["loc"] == ["n"]
    assert "write an even number" in detail["msg"]


async def test_ten_thousand_faults_make_a_small_answer(app: NexiosApp) -> None:
    answer = await answer_to(app, frame("many", ["x"] * 10_000), "first")
    assert answer["error"]["code"] == "invalid_payload"
    assert 1 <= len(answer["error"]["details"]) <= 32
    assert len(json.dumps(answer)) < 8 * 1024
