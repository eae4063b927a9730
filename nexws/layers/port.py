"""The port that every channel layer fills, and what it promises."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from typing_extensions import Self

from nexws.protocol import Position, Publication, Published, Retention

__all__ = ["ChannelLayer", "Entry", "Health", "Page", "Present", "Sink"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One publication that is kept."""

    position: Position
    publication: Publication
    created: datetime
    """When it was published, by the clock of the layer."""


@dataclass(frozen=True, slots=True)
class Page:
    """What ``read`` found, oldest first."""

    entries: Sequence[Entry]
    top: Position | None
    """The newest position of the group, of what is kept or not any more; ``None`` where nothing ever was."""
    is_complete: bool
    """Whether ``entries`` are all that was kept between the position asked for and ``top``, without a gap."""


@dataclass(frozen=True, slots=True)
class Present:
    """One member who is present in a group, however many connections it has there."""

    member: str
    info: str
    """What its first connection said about it: JSON."""


@dataclass(frozen=True, slots=True)
class Health:
    """How a layer is."""

    is_up: bool
    reason: str = ""
    """Why it is not up."""


class Sink(Protocol):
    """The node behind a layer: takes what is published to the groups that it follows."""

    async def deliver(self, group: str, publication: Publication, position: Position | None) -> int:
        """Hand *publication* to the members of *group* on this node; tells how many took it.

        Called in the order of the publications of a group, the next one once this one has begun, or later: it keeps
        the order. It never raises, but for being cancelled, and then has handed over all the same.
        """
        ...

    async def lost(self, group: str) -> None:
        """Continuity of *group* cannot be proved any more: what its members missed is not known."""

    async def gone(self, group: str, present: Present) -> None:
        """A member has gone from *group* with a node that was killed; one node is told, and tells the others."""


class ChannelLayer(ABC):
    """Carries publications between nodes, keeps some for a while, and knows who is present.

    A node is a process that serves clients, or one that only publishes: it has a layer object of its own. Names of
    groups are text of any kind here. What every layer promises:

    1. A publication reaches each node that follows its group at most once, and those of one group in one order for
       all nodes, that of their offsets where they have some. Cancelling ``publish`` keeps one from all nodes or none.
    2. Publications that are kept have positions: gapless in one epoch. The epoch changes whenever continuity cannot be
       proved: when the store was lost, flushed, or is another one after a fail-over.
    3. ``follow`` returns once nothing that is published from then on is missed: reading after it leaves no hole.
    4. ``publish`` has published when it returns, and raises within the layer's deadline otherwise.
    5. Whatever a node has entered is forgotten after a time to live when the node is killed.
    """

    @abstractmethod
    async def start(self, sink: Sink | None = None) -> None:
        """Begin: *sink* takes what is followed; without one, this node only publishes and reads.

        Called before all else, and again on another event loop, should the one that it ran on have ended.

        Raises:
            LayerError: it cannot begin, and was told that it must.
        """

    @abstractmethod
    async def stop(self) -> None:
        """End: nothing is delivered any more, and what the node has followed and entered is forgotten.

        Ending twice is no error.
        """

    @abstractmethod
    async def publish(
        self,
        group: str,
        publication: Publication,
        *,
        retention: Retention | None = None,
        key: str | None = None,
    ) -> Published:
        """Publish to *group*; with a *retention* it is kept, within that, and has a position.

        One that is larger than the retention by itself is not kept, but takes its position.

        A publication with the *key* of one of the last five minutes in this group is not published again: the answer
        is that of the first.

        Raises:
            LayerError: it is not known to be published.
        """

    @abstractmethod
    async def follow(self, group: str) -> None:
        """Have the sink get what is published to *group* from now on; following it already is no error.

        Raises:
            LayerError: it cannot be followed now.
        """

    @abstractmethod
    def unfollow(self, group: str) -> None:
        """Have the sink get no more of *group*, soon; what is on its way may be lost.

        Where it is followed again, however soon, nothing is missed that is published after that.
        """

    @abstractmethod
    async def read(self, group: str, *, since: Position | None = None, limit: int | None = None) -> Page:
        """Read what is kept of *group*: the entries after *since*, or all.

        With a *limit*, the first so many after *since*; without *since*, the newest.

        The page is complete where its entries are all those after *since*: the epoch is that of the group, *since* is
        not newer than its top, nothing between has been dropped, and the limit has cut nothing. Otherwise no page since
        a position of this epoch skips any of what is kept; one since another position may hold anything that is kept.

        Raises:
            LayerError: it cannot be read now.
        """

    @abstractmethod
    async def enter(self, group: str, member: str, connection: str, info: str) -> bool:
        """Say that *connection* makes *member* present in *group*; true where the member was not yet.

        Saying it again renews what the connection says, as *info*.

        Raises:
            LayerError: it cannot be said now.
        """

    @abstractmethod
    async def leave(self, group: str, member: str, connection: str) -> Present | None:
        """Take that back; gives the member, with what was said last, where it is present no more; ``None`` otherwise.

        Raises:
            LayerError: it cannot be said now; it is forgotten with time.
        """

    @abstractmethod
    async def present(self, group: str) -> list[Present]:
        """List the members who are present in *group*, in the order in which they came.

        Raises:
            LayerError: it cannot be read now.
        """

    async def health(self) -> Health:
        """Tell whether it works at the moment; never raises."""
        return Health(is_up=True)

    async def __aenter__(self) -> Self:
        """Begin, without a sink: to publish and to read from a program that serves nobody."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """End."""
        await self.stop()
