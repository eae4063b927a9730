"""What is sent to a group, as it travels between nodes, and where it stands among the others."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, TypeAlias

from typing_extensions import Self, override

from nexws.errors import PositionError
from nexws.protocol.overflow import Overflow

__all__ = ["POSITION_PATTERN", "Command", "Position", "Publication", "Published", "Retention"]

Command: TypeAlias = Literal["disconnect"]
"""What a node is told to do with the connections that a publication reaches, in place of sending it."""

_MOST: Final = 2**53 - 1  # what every JSON reader can hold, RFC 8259 section 6
POSITION_PATTERN: Final = "[A-Za-z0-9_.-]{1,64}:(0|[1-9][0-9]{0,15})"
"""How a position is written."""

_is_position = re.compile(POSITION_PATTERN).fullmatch


class Position(NamedTuple):
    """A place in what was published to a group: kept by the client, it says what that has seen.

    Offsets of one epoch are gapless and rise by one; another epoch means that nothing can be said about what was
    published before.
    """

    epoch: str
    offset: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``epoch:offset``.

        Raises:
            PositionError: *text* is none.
        """
        epoch, _, offset = text.rpartition(":")
        if not _is_position(text) or int(offset) > _MOST:
            raise PositionError(text)
        return cls(epoch, int(offset))

    @override
    def __str__(self) -> str:
        return f"{self.epoch}:{self.offset}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One push, or one payload of a consumer without events, on its way to the members of a group."""

    consumer: str
    """Whose members are meant: the ``namespace`` of a consumer class; empty for those of all."""
    event: str = ""
    """The event's name; empty where the consumer has none."""
    bodies: Mapping[str, str | bytes] = field(default_factory=dict[str, "str | bytes"])
    """The payload as it is written in each encoding that the consumer's connections may speak."""
    exclude: uuid.UUID | None = None
    """The connection that does not get it."""
    to: uuid.UUID | None = None
    """The connection that alone gets it."""
    overflow: Overflow = "close"
    key: str | None = None
    """What ``latest`` goes by, beside the event."""
    command: Command | None = None
    code: int = 0
    reason: str = ""
    """With which close code and reason a command is carried out."""

    @property
    def size_bytes(self) -> int:
        """What keeping it costs, about."""
        return sum(map(_size, self.bodies.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How much of a group's publications is kept: whichever bound is reached first."""

    events: int
    seconds: float
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What became of a publication."""

    position: Position | None
    """Where it stands in the group; ``None`` where it is not kept."""
    receivers: int
    """How many have it: connections, or nodes where the layer spans several; 0 means nobody."""
    is_duplicate: bool = False
    """Whether one with the same key had been published before, so that this one was not."""


def _size(body: str | bytes) -> int:
    return len(body) if isinstance(body, bytes) or body.isascii() else len(body.encode("utf-8", "replace"))
