"""Numbers and words with a fixed meaning."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexws.protocol import CloseCode, FailureCode, close_reason


def test_close_codes_are_those_of_the_contract() -> None:
    """Clients compare numbers: none may ever change."""
    assert {each.name: each.value for each in CloseCode} == {
        "NORMAL": 1000,
        "GOING_AWAY": 1001,
        "UNSUPPORTED_DATA": 1003,
        "NO_STATUS": 1005,
        "ABNORMAL": 1006,
        "INVALID_DATA": 1007,
        "POLICY_VIOLATION": 1008,
        "TOO_BIG": 1009,
        "INTERNAL_ERROR": 1011,
        "SERVICE_RESTART": 1012,
        "DRAIN": 4001,
        "SLOW": 4008,
        "CONTINUITY_LOST": 4010,
        "NO_HEARTBEAT": 4012,
        "RATE_LIMITED": 4013,
        "FORBIDDEN": 4507,
    }


def test_failure_codes_are_those_of_the_contract() -> None:
    """Clients compare words: none may ever change."""
    assert {each.value for each in FailureCode} == {
        "bad_frame",
        "bad_envelope",
        "unknown_event",
        "invalid_payload",
        "unauthenticated",
        "forbidden",
        "rate_limited",
        "too_large",
        "timeout",
        "cancelled",
        "unavailable",
        "internal",
    }


def test_a_failure_code_is_its_word() -> None:
    assert {"bad_frame": 1}[FailureCode.BAD_FRAME] == 1
    assert json.dumps(FailureCode.BAD_FRAME) == '"bad_frame"'
    assert FailureCode("internal") is FailureCode.INTERNAL


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("", ""),
        ("idle", "idle"),
        ("a" * 123, "a" * 123),
        ("a" * 124, "a" * 123),
        ("a" * 122 + "ü", "a" * 122),
        ("a" * 121 + "ü", "a" * 121 + "ü"),
        ("😀" * 31, "😀" * 30),
        ("lone \ud800", "lone ?"),
    ],
)
def test_a_reason_fits_a_close_frame_and_no_letter_is_cut(text: str, sent: str) -> None:
    assert close_reason(text) == sent


@given(st.text(st.characters(), max_size=200))
def test_a_reason_is_always_at_most_123_bytes_of_utf_8(text: str) -> None:
    """RFC 6455 section 5.5.1."""
    reason = close_reason(text)
    assert len(reason.encode()) <= 123
    assert text.encode("utf-8", "replace").decode().startswith(reason)
