"""A layer around another: the groups of several tenants share one store, and do not meet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nexws.layers import ChannelLayer, Health, Page, Present, Sink
from nexws.protocol import Position, Publication, Published


# --8<-- [start:sink]
@dataclass(frozen=True)
class TenantSink:
    """Stands between the store's layer and the node: it gives groups their own names back."""

    sink: Sink
    prefix: str

    async def deliver(self, group: str, publication: Publication, position: Position | None) -> int:
        return await self.sink.deliver(group.removeprefix(self.prefix), publication, position)

    async def lost(self, group: str) -> None:
        await self.sink.lost(group.removeprefix(self.prefix))

    async def gone(self, group: str, present: Present) -> None:
        await self.sink.gone(group.removeprefix(self.prefix), present)


# --8<-- [end:sink]


# --8<-- [start:layer]
class TenantLayer(ChannelLayer):
    def __init__(self, store: ChannelLayer, tenant: str) -> None:
        self.store, self.prefix = store, f"{tenant}/"

    async def start(self, sink: Sink | None = None) -> None:
        await self.store.start(None if sink is None else TenantSink(sink, self.prefix))

    async def stop(self) -> None:
        await self.store.stop()

    async def publish(self, group: str, publication: Publication, **options: Any) -> Published:
        return await self.store.publish(self.prefix + group, publication, **options)

    async def follow(self, group: str) -> None:
        await self.store.follow(self.prefix + group)

    def unfollow(self, group: str) -> None:
        self.store.unfollow(self.prefix + group)

    # --8<-- [end:layer]

    async def read(self, group: str, *, since: Position | None = None, limit: int | None = None) -> Page:
        return await self.store.read(self.prefix + group, since=since, limit=limit)

    async def enter(self, group: str, member: str, connection: str, info: str) -> bool:
        return await self.store.enter(self.prefix + group, member, connection, info)

    async def leave(self, group: str, member: str, connection: str) -> Present | None:
        return await self.store.leave(self.prefix + group, member, connection)

    async def present(self, group: str) -> list[Present]:
        return await self.store.present(self.prefix + group)

    async def health(self) -> Health:
        return await self.store.health()
