"""Layers with one fault each, for the contract to notice."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import anyio
from anyio.lowlevel import checkpoint
from typing_extensions import Self, override

from nexws.errors import LayerError
from nexws.layers import Health, MemoryLayer, Page, Present, Sink
from nexws.protocol import Position, Publication, Published, Retention


class Faulty(MemoryLayer):
    """Has room for what a fault needs to know."""

    def __init__(self, *, groups: int = 20, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(groups=groups, clock=clock)
        self.own: dict[str, Any] = {}
        self.shared: dict[str, Any] = {}

    @override
    def twin(self) -> Self:
        other = super().twin()
        other.shared = self.shared
        return other


class DropsOne(Faulty):
    """The third of each group is kept, and delivered to nobody."""

    @override
    async def take(self, group: str, publication: Publication, position: Position | None) -> int:
        if publication.event in {"event-3", "0.3"}:
            return 0
        return await super().take(group, publication, position)


class DeliversTwice(Faulty):
    @override
    async def take(self, group: str, publication: Publication, position: Position | None) -> int:
        await super().take(group, publication, position)
        return await super().take(group, publication, position)


class DeliversLate(Faulty):
    """Each second one is overtaken by the next."""

    held: tuple[str, Publication, Position | None] | None = None

    @override
    async def take(self, group: str, publication: Publication, position: Position | None) -> int:
        if group.startswith("settled"):
            return await super().take(group, publication, position)
        held, self.held = self.held, None
        if held is None:
            self.held = (group, publication, position)
            return 1
        await super().take(group, publication, position)
        return await super().take(*held)


class DeliversElsewhere(Faulty):
    """Groups are told apart by case-folded names, as some stores do."""

    @override
    async def follow(self, group: str) -> None:
        await super().follow(group.casefold())
        await super().follow(group)

    @override
    async def publish(self, group: str, publication: Publication, **options: Any) -> Published:
        return await super().publish(group.casefold(), publication, **options)


class DeliversUnasked(Faulty):
    """A node gets all groups."""

    @override
    async def start(self, sink: Sink | None = None) -> None:
        await super().start(sink)
        self.shared.setdefault("all", []).append(self)

    @override
    async def publish(self, group: str, publication: Publication, **options: Any) -> Published:
        published = await super().publish(group, publication, **options)
        for node in self.shared["all"]:
            if node not in self._memory.followers.get(group, {}):
                await node.take(group, publication, published.position)
        return published


class WithoutTurns(Faulty):
    """One node after another, and each publisher by itself."""

    @override
    async def _deliver(self, group: str, publication: Publication, position: Position | None) -> int:
        return sum(
            [await node.take(group, publication, position) for node in tuple(self._memory.followers[group])]
        )


class FollowsLate(Faulty):
    @override
    async def follow(self, group: str) -> None:
        self.shared.setdefault("late", []).append((self, group))

    @override
    async def publish(self, group: str, publication: Publication, **options: Any) -> Published:
        published = await super().publish(group, publication, **options)
        for node, name in self.shared.pop("late", ()):
            await MemoryLayer.follow(node, name)
        return published


class FollowsTwice(Faulty):
    """Following is counted, and unfollowing takes one away."""

    @override
    async def follow(self, group: str) -> None:
        self.own[group] = self.own.get(group, 0) + 1
        await super().follow(group)

    @override
    def unfollow(self, group: str) -> None:
        self.own[group] = self.own.get(group, 0) - 1
        if self.own[group] < 1:
            super().unfollow(group)


class FollowsOn(Faulty):
    @override
    def unfollow(self, group: str) -> None:
        pass


class UnfollowsLate(Faulty):
    """The end of one following ends the next, too."""

    @override
    async def follow(self, group: str) -> None:
        if group not in self.own.setdefault("left", set()):
            await super().follow(group)

    @override
    def unfollow(self, group: str) -> None:
        self.own.setdefault("left", set()).add(group)
        super().unfollow(group)


class EmptiesOldQueues(Faulty):
    """Each following has a queue of its own, and what waits in one is handed over when another has begun."""

    @override
    async def take(self, group: str, publication: Publication, position: Position | None) -> int:
        queue = self.own.setdefault(f"queue of {group}", [])
        queue.append((group, publication, position))
        if len(queue) == 1:  # or somebody is at it
            while queue:
                await super().take(*queue[0])
                del queue[0]
        return 1

    @override
    def unfollow(self, group: str) -> None:
        self.own.pop(f"queue of {group}", None)
        super().unfollow(group)


class CountsNobody(Faulty):
    @override
    async def take(self, group: str, publication: Publication, position: Position | None) -> int:
        await super().take(group, publication, position)
        return 0


class GivesUpHalfway(Faulty):
    """Cancelling a publisher keeps the publication from those whose turn has not come."""

    @override
    async def _deliver(self, group: str, publication: Publication, position: Position | None) -> int:
        receivers = 0
        for node in tuple(self._memory.followers[group]):
            await checkpoint()
            receivers += await node.take(group, publication, position)
        return receivers


class NeverEnds(Faulty):
    @override
    async def stop(self) -> None:
        pass


class EndsOnce(Faulty):
    @override
    async def stop(self) -> None:
        assert "ended" not in self.own
        self.own["ended"] = True
        await super().stop()


class NeedsASink(Faulty):
    @override
    async def start(self, sink: Sink | None = None) -> None:
        assert sink is not None
        await super().start(sink)


class SaysItIsDown(Faulty):
    @override
    async def health(self) -> Health:
        return Health(is_up=False, reason="who knows")


class ForgetsKeys(Faulty):
    @override
    async def publish(
        self, group: str, publication: Publication, *, key: str | None = None, **options: Any
    ) -> Published:
        return await super().publish(group, publication, **options)


class SharesKeys(Faulty):
    """A key is known in all groups."""

    @override
    async def publish(
        self, group: str, publication: Publication, *, key: str | None = None, **options: Any
    ) -> Published:
        known: dict[Any, Published] = self.shared.setdefault("known", {})
        if key in known:
            return replace(known[key], is_duplicate=True)
        published = await super().publish(group, publication, **options)
        if key is not None:
            known[key] = published
        return published


class RemembersKeysLate(Faulty):
    """What is under way is not known yet."""

    @override
    async def publish(
        self, group: str, publication: Publication, *, key: str | None = None, **options: Any
    ) -> Published:
        known: dict[Any, Published] = self.shared.setdefault("known", {})
        if (group, key) in known:
            return replace(known[group, key], is_duplicate=True)
        await checkpoint()
        published = await super().publish(group, publication, **options)
        if key is not None:
            known[group, key] = published
        return published


class RenewsKeys(Faulty):
    """A retry makes the key younger."""

    @override
    async def publish(
        self, group: str, publication: Publication, *, key: str | None = None, **options: Any
    ) -> Published:
        published = await super().publish(group, publication, key=key, **options)
        if published.is_duplicate:
            assert key is not None
            del self._memory._keys[group, key]
            self._memory.remember(group, key, replace(published, is_duplicate=False))
        return published


class HidesDuplicates(Faulty):
    @override
    async def publish(self, group: str, publication: Publication, **options: Any) -> Published:
        return replace(await super().publish(group, publication, **options), is_duplicate=False)


class KeepsEverything(Faulty):
    """No bound is kept."""

    bound = Retention(events=10**6, seconds=10.0**6, size_bytes=10**9)

    @override
    async def publish(
        self,
        group: str,
        publication: Publication,
        *,
        retention: Retention | None = None,
        key: str | None = None,
    ) -> Published:
        if retention is not None:
            retention = self.loosened(retention)
        return await super().publish(group, publication, retention=retention, key=key)

    def loosened(self, retention: Retention) -> Retention:
        return replace(retention, events=self.bound.events)


class KeepsTooLong(KeepsEverything):
    @override
    def loosened(self, retention: Retention) -> Retention:
        return replace(retention, seconds=self.bound.seconds)


class KeepsTooMuch(KeepsEverything):
    @override
    def loosened(self, retention: Retention) -> Retention:
        return replace(retention, size_bytes=self.bound.size_bytes)


class NumbersEverything(Faulty):
    """What is not kept takes a place as well."""

    @override
    async def publish(
        self,
        group: str,
        publication: Publication,
        *,
        retention: Retention | None = None,
        key: str | None = None,
    ) -> Published:
        return await super().publish(
            group, publication, retention=retention or Retention(events=0, seconds=0, size_bytes=0), key=key
        )


class ReadsOtherwise(Faulty):
    """Reads, and says something else."""

    @override
    async def read(self, group: str, *, since: Position | None = None, limit: int | None = None) -> Page:
        return self.changed(await super().read(group, since=since, limit=limit), since, limit)

    def changed(self, page: Page, since: Position | None, limit: int | None) -> Page:
        return replace(page, entries=page.entries[::-1])


class SaysComplete(ReadsOtherwise):
    @override
    def changed(self, page: Page, since: Position | None, limit: int | None) -> Page:
        return replace(page, is_complete=True)


class SaysIncomplete(ReadsOtherwise):
    @override
    def changed(self, page: Page, since: Position | None, limit: int | None) -> Page:
        return replace(page, is_complete=False)


class TakesAnyEpoch(ReadsOtherwise):
    """Only offsets count."""

    @override
    def changed(self, page: Page, since: Position | None, limit: int | None) -> Page:
        is_known = since is not None and page.top is not None and since.offset <= page.top.offset
        return replace(page, is_complete=page.is_complete or is_known)


class TakesTheFuture(ReadsOtherwise):
    """A position that is newer than all is as good as the top."""

    @override
    def changed(self, page: Page, since: Position | None, limit: int | None) -> Page:
        is_newer = (
            since is not None and page.top is not None and since.epoch == page.top.epoch and since > page.top
        )
        return replace(page, is_complete=page.is_complete or is_newer)


class CutsSilently(ReadsOtherwise):
    """What a limit cuts is not said."""

    @override
    def changed(self, page: Page, since: Position | None, limit: int | None) -> Page:
        return replace(page, is_complete=page.is_complete or len(page.entries) == limit)


class TopOfWhatIsLeft(ReadsOtherwise):
    """A group of which nothing is left is as if nothing had been."""

    @override
    def changed(self, page: Page, since: Position | None, limit: int | None) -> Page:
        return page if since is not None or page.entries else replace(page, top=None)


class IncludesTheOldest(ReadsOtherwise):
    """Without a position, a limit gives the oldest."""

    @override
    async def read(self, group: str, *, since: Position | None = None, limit: int | None = None) -> Page:
        page = await super(ReadsOtherwise, self).read(group, since=since)
        entries = page.entries[:limit]
        return replace(
            page, entries=entries, is_complete=page.is_complete and len(entries) == len(page.entries)
        )


class OneEpochForEver(Faulty):
    """A store that has lost everything goes on as if it had not."""

    @override
    async def publish(self, group: str, publication: Publication, **options: Any) -> Published:
        published = await super().publish(group, publication, **options)
        log = self._memory.logs.get(group)
        if log is not None and published.position is not None:
            log._epoch = "same"
            published = replace(published, position=Position("same", published.position.offset))
        return published


class TellsEachConnection(Faulty):
    """Presence is counted by connections."""

    @override
    async def enter(self, group: str, member: str, connection: str, info: str) -> bool:
        await super().enter(group, member, connection, info)
        return True


class ListsEachConnection(Faulty):
    @override
    async def present(self, group: str) -> list[Present]:
        members = self._memory.presence.get(group, {})
        return [Present(member, info) for member, infos in members.items() for info in infos.values()]


class LeavesAtOnce(Faulty):
    """Who closes one connection has left."""

    @override
    async def leave(self, group: str, member: str, connection: str) -> Present | None:
        infos = self._memory.presence.get(group, {}).get(member, {})
        return await super().leave(group, member, connection) or (Present(member, "1") if infos else None)


class SortsMembers(Faulty):
    @override
    async def present(self, group: str) -> list[Present]:
        return sorted(await super().present(group), key=lambda present: present.member)


class LeavesMembersBehind(Faulty):
    @override
    async def stop(self) -> None:
        self._entered.clear()
        await super().stop()


class TakesEverybodyAlong(Faulty):
    """A node that ends empties its groups."""

    @override
    async def stop(self) -> None:
        for group, _, _ in self._entered:
            self._memory.presence.pop(group, None)
        await super().stop()


class SharesMembers(Faulty):
    """Who is in one group is in all."""

    @override
    async def present(self, group: str) -> list[Present]:
        return [
            present
            for name in self._memory.presence
            for present in await super(SharesMembers, self).present(name)
        ]


class NamesInPlainText(Faulty):
    """A name ends at its first NUL, as in C."""

    @override
    async def follow(self, group: str) -> None:
        await super().follow(group.partition("\0")[0])


class MustFollowFirst(Faulty):
    @override
    def unfollow(self, group: str) -> None:
        assert self in self._memory.followers.get(group, {})
        super().unfollow(group)


class WritesEpochsWithSpaces(Faulty):
    @override
    async def publish(self, group: str, publication: Publication, **options: Any) -> Published:
        published = await super().publish(group, publication, **options)
        position = published.position
        return replace(published, position=position and Position(f"{position.epoch} ", position.offset))


class TrimsInfo(Faulty):
    @override
    async def enter(self, group: str, member: str, connection: str, info: str) -> bool:
        return await super().enter(group, member, connection, info[:1000])


class KnowsItsOwnOnly(Faulty):
    """Each node tells of the members that it has."""

    @override
    async def present(self, group: str) -> list[Present]:
        own = {member for name, member, _ in self._entered if name == group}
        return [present for present in await super().present(group) if present.member in own]


class Remote(Faulty):
    """Stands for one with a store elsewhere, that cannot be reached once it is cut off."""

    is_cut = False

    @override
    async def publish(self, group: str, publication: Publication, **options: Any) -> Published:
        if self.shared.get("is_cut"):
            await self.give_up()
        return await super().publish(group, publication, **options)

    async def give_up(self) -> None:
        raise LayerError("the store cannot be reached")

    @override
    async def health(self) -> Health:
        is_cut = "is_cut" in self.shared
        return Health(is_up=not is_cut, reason="the store cannot be reached" if is_cut else "")

    async def kill(self) -> None:
        """End without a word."""
        self.shared.setdefault("dead", []).append((self, self._memory.clock()))
        self._sink = None

    @override
    async def present(self, group: str) -> list[Present]:
        for node, at in self.shared.get("dead", ()):
            if self._memory.clock() - at > 60.0:
                await self.bury(node)
        return await super().present(group)

    async def bury(self, node: MemoryLayer) -> None:
        """Forget what a dead node has entered."""
        await MemoryLayer.stop(node)

    async def interrupt(self) -> None:
        """Hear nothing of the next two."""
        self.own["deaf"] = 2

    @override
    async def take(self, group: str, publication: Publication, position: Position | None) -> int:
        if self.own.get("deaf"):
            self.own["deaf"] -= 1
            return 0
        last: Position | None = self.own.get(group)
        if position is not None:
            self.own[group] = position
            if last is not None and position.offset > last.offset + 1:
                return await self.mend(group, last, position)
        return await super().take(group, publication, position)

    async def mend(self, group: str, last: Position, position: Position) -> int:
        """Deliver what was missed, and what shows that it was."""
        for entry in (await self.read(group, since=last)).entries:
            await super().take(group, entry.publication, entry.position)
        return 1


class MendsNothing(Remote):
    """What was missed is missing, and nobody is told."""

    @override
    async def mend(self, group: str, last: Position, position: Position) -> int:
        (entry,) = (await self.read(group, since=last)).entries[-1:]
        return await MemoryLayer.take(self, group, entry.publication, entry.position)


class MendsFromTheBeginning(Remote):
    """What was there before is delivered once more."""

    @override
    async def mend(self, group: str, last: Position, position: Position) -> int:
        return await super().mend(group, Position(last.epoch, 0), position)


class TellsOfTheLoss(Remote):
    """No fault: what cannot be mended is told."""

    @override
    async def mend(self, group: str, last: Position, position: Position) -> int:
        assert self._sink is not None
        await self._sink.lost(group)
        return 0


class PublishesNowhere(Remote):
    @override
    async def give_up(self) -> None:
        """Say that it was published."""


class WaitsForEver(Remote):
    @override
    async def give_up(self) -> None:
        await anyio.sleep_forever()


class SaysItIsUp(Remote):
    @override
    async def health(self) -> Health:
        return Health(is_up=True)


class KeepsTheDead(Remote):
    @override
    async def bury(self, node: MemoryLayer) -> None:
        pass


class BuriesTheLiving(Remote):
    @override
    async def bury(self, node: MemoryLayer) -> None:
        self._memory.presence.clear()
