"""Layers with a fault, so that the chaos run can show that it would find it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from typing_extensions import override

from nexws.layers import ChannelLayer, Health, Page, Present, Sink
from nexws.protocol import Position, Publication, Published, Retention

__all__ = ["PLANTED"]


class Around(ChannelLayer):
    """Hands everything on."""

    def __init__(self, layer: ChannelLayer) -> None:
        self.inner = layer

    @override
    async def start(self, sink: Sink | None = None) -> None:
        await self.inner.start(sink)

    @override
    async def stop(self) -> None:
        await self.inner.stop()

    @override
    async def publish(
        self,
        group: str,
        publication: Publication,
        *,
        retention: Retention | None = None,
        key: str | None = None,
    ) -> Published:
        return await self.inner.publish(group, publication, retention=retention, key=key)

    @override
    async def follow(self, group: str) -> None:
        await self.inner.follow(group)

    @override
    def unfollow(self, group: str) -> None:
        self.inner.unfollow(group)

    @override
    async def read(self, group: str, *, since: Position | None = None, limit: int | None = None) -> Page:
        return await self.inner.read(group, since=since, limit=limit)

    @override
    async def enter(self, group: str, member: str, connection: str, info: str) -> bool:
        return await self.inner.enter(group, member, connection, info)

    @override
    async def leave(self, group: str, member: str, connection: str) -> Present | None:
        return await self.inner.leave(group, member, connection)

    @override
    async def present(self, group: str) -> list[Present]:
        return await self.inner.present(group)

    @override
    async def health(self) -> Health:
        return await self.inner.health()


class DropsOneInAThousand(Around):
    """Says that it has published what it has not; the key is the number of the publication."""

    @override
    async def publish(
        self,
        group: str,
        publication: Publication,
        *,
        retention: Retention | None = None,
        key: str | None = None,
    ) -> Published:
        if key is not None and int(key) % 1000 == 50:
            return Published(position=None, receivers=1)
        return await super().publish(group, publication, retention=retention, key=key)


class RepairsNothing(Around):
    """Says that nothing was missed, without looking."""

    @override
    async def read(self, group: str, *, since: Position | None = None, limit: int | None = None) -> Page:
        page = await super().read(group, since=since, limit=limit)
        return page if since is None else Page((), page.top, is_complete=True)


PLANTED: Final[dict[str, Callable[[ChannelLayer], ChannelLayer]]] = {
    "drop": DropsOneInAThousand,
    "no-repair": RepairsNothing,
}
