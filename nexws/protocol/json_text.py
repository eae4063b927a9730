"""Rules for JSON frames that pydantic-core's parser does not hold by itself.

The parser already refuses what is no JSON, lone surrogates and numbers out of range. These functions
find the rest in a frame that has been parsed: nesting deeper than the limit, ``NaN`` and ``Infinity``
(RFC 8259 section 6), and a key that stands twice in the envelope (section 4 calls that unpredictable).
``plain_test`` makes what answers for nearly every frame, in nanoseconds, that none of that is there.
"""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Callable, Container
from itertools import accumulate
from typing import Any

from pydantic_core import from_json

from nexws.protocol.envelopes import Envelope

__all__ = ["has_duplicate_key", "has_no_number", "is_too_deep", "plain_test"]

_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"')
_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")
_OTHERS = bytes(set(range(256)) - set(b"[{]}"))


def plain_test(envelope: Envelope, depth: int) -> Callable[[str, Container[str]], bool]:
    """Make ``is_plain(frame, parts)``: whether a frame with these *parts* breaks no rule; false if it may."""
    event, ref, meta = f'"{envelope.event}"', f'"{envelope.ref}"', f'"{envelope.meta}"'
    data = event if envelope.data is None else f'"{envelope.data}"'

    def is_plain(frame: str, parts: Container[str]) -> bool:
        return not (
            "NaN" in frame
            or "Infinity" in frame
            or (len(frame) > 2 * depth and frame.count("[") + frame.count("{") > depth)
            or frame.count(event) > 1
            or ("data" in parts and frame.count(data) > 1)
            or ("ref" in parts and frame.count(ref) > 1)
            or ("meta" in parts and frame.count(meta) > 1)
            or "\\u00" in frame  # so a key may be written in letters of another kind
        )

    return is_plain


def is_too_deep(frame: str, limit: int) -> bool:
    """Whether *frame*, which must be well-formed JSON, nests deeper than *limit*."""
    brackets = _STRING.sub("", frame).encode("utf-8", "replace").translate(_STEPS, _OTHERS)
    return max(accumulate(array("b", brackets)), default=0) > limit


def has_no_number(frame: str) -> bool:
    """Whether a value in *frame*, which must be well-formed otherwise, is NaN or infinite."""
    try:
        from_json(frame, allow_inf_nan=False)
    except ValueError:
        return True
    return False


def has_duplicate_key(frame: str, keys: Container[str] | None = None) -> bool:
    """Whether a key (one of *keys*, where given) stands twice in the outermost object of *frame*."""
    outermost: list[tuple[str, Any]] = json.loads(frame, object_pairs_hook=list)
    names = [name for name, _ in outermost if keys is None or name in keys]
    return len(names) != len(set(names))
