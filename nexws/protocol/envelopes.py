"""The keys of a frame: which of them there are, how they are called, and where the payload stands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from nexws.errors import EnvelopeError

__all__ = ["Envelope"]

_is_key = re.compile(r"[A-Za-z0-9_.:$@-]{1,64}").fullmatch


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """How the frames of a consumer are laid out: the key under which each part of one stands.

    ``data=None`` makes the frames flat: a payload's own keys stand beside the envelope's, as in
    ``{"type": "chat.message", "text": "hi"}``. Payloads are objects then.

    Raises:
        EnvelopeError: a key is not 1 to 64 of ``A-Z a-z 0-9 _ . : $ @ -``, or two parts have the same.
    """

    event: str = "event"
    """The event's name."""
    data: str | None = "data"
    """The payload; ``None``: its keys stand in the frame itself."""
    ref: str = "ref"
    """What a client puts on an event to know the answer by."""
    meta: str = "meta"
    """What a client says about an event beside its payload."""
    status: str = "status"
    """``ok``, ``next``, ``done`` or ``error``: what kind of answer a frame is."""
    error: str = "error"
    """What went wrong."""
    pos: str = "pos"
    """Where a push stands among what was published to its group, if that is kept."""

    def __post_init__(self) -> None:
        parts = {field.name: getattr(self, field.name) for field in fields(self)}
        seen: dict[str, str] = {}
        for part, key in parts.items():
            if part == "data" and key is None:
                continue
            if not (isinstance(key, str) and _is_key(key)):
                raise EnvelopeError(f"its {part} key is {key!r}; write 1 to 64 of A-Z a-z 0-9 _ . : $ @ -")
            if key in seen:
                raise EnvelopeError(f"{seen[key]} and {part} have the same key, {key!r}; rename one")
            seen[key] = part

    @property
    def is_flat(self) -> bool:
        """Whether payloads stand in the frame itself."""
        return self.data is None

    @property
    def own_keys(self) -> frozenset[str]:
        """The keys that are the envelope's own, in either direction, wherever the payload stands."""
        return frozenset(self._own().values())

    def unpack(self, frame: Mapping[str, Any]) -> dict[str, Any]:
        """Give the parts of *frame* by their usual names; other keys are dropped, or are the data's in a flat frame."""
        unpacked = {name: frame[key] for name, key in self._own().items() if key in frame}
        if self.data is not None:
            return {**unpacked, "data": frame[self.data]} if self.data in frame else unpacked
        payload = {key: value for key, value in frame.items() if key not in self.own_keys}
        return {**unpacked, "data": payload} if payload else unpacked

    def pack(self, parts: Mapping[str, Any]) -> dict[str, Any]:
        """Lay *parts*, under their usual names, out as a frame."""
        frame = {key: parts[name] for name, key in self._own().items() if name in parts}
        if "data" not in parts:
            return frame
        return {**frame, self.data: parts["data"]} if self.data is not None else {**frame, **parts["data"]}

    def _own(self) -> dict[str, str]:
        """Give the keys of all parts but the data, by their usual names."""
        return {
            "event": self.event,
            "ref": self.ref,
            "meta": self.meta,
            "status": self.status,
            "error": self.error,
            "pos": self.pos,
        }
