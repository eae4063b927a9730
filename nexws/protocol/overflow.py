"""What may become of a push while a client's socket takes no more."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

__all__ = ["KEEP", "Overflow", "OverflowRule"]

Overflow: TypeAlias = Literal["close", "drop_oldest", "drop_newest", "latest"]
"""What gives way when more waits for one client than ``Limits.outbox_bytes``.

- ``close``: the connection, with 4008; such a push is never lost while the connection lives.
- ``drop_oldest``: what has waited longest; the client gets the newest.
- ``drop_newest``: this push; the client gets the oldest.
- ``latest``: while it waits, a newer one of the same key takes its place; the client gets the last value of each key.
"""


@dataclass(frozen=True, slots=True)
class OverflowRule:
    """What may become of one frame."""

    policy: Overflow
    key: Hashable = None
    """Of ``latest``: which waiting frame it replaces. Events that share a connection need keys of their own."""
    label: str = ""
    """The name under which it is counted if it is dropped."""


KEEP: Final = OverflowRule("close")
"""The rule of a frame that must not be lost."""
