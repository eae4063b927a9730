"""How to get to the store: one server, the master that sentinels name, or the servers of a cluster."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable
from typing import Any, Final

from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.crc import key_slot
from redis.exceptions import AskError, ClusterDownError, RedisError
from redis.exceptions import ConnectionError as RedisConnectionError
from typing_extensions import override

from nexws.layers.redis.urls import Address, StoreUrl

__all__ = ["Cluster", "Sentinels", "Store", "named_by", "open_store"]

_PATIENCE: Final = 0.5
"""Seconds that one of several may take to say where something is: there are others."""
_HERE: Final[Address] = ("", 0)


class Store:
    """One server, which has all channels."""

    is_sharded: bool = False
    """Whether each channel is at one of several servers."""

    def __init__(self, url: StoreUrl, deadline: float) -> None:
        self._url = url
        self._options: dict[str, Any] = {
            "socket_timeout": deadline,
            "socket_connect_timeout": deadline,
            **url.options,
            "retry": Retry(NoBackoff(), 0),  # what is tried again here has a key
            "protocol": 2,
        }

    async def find(self, channel: bytes) -> Address:
        """Find the server that has *channel*, and its keys.

        Raises:
            RedisError: nobody tells.
        """
        del channel
        return _HERE

    def doubt(self, address: Address) -> None:
        """Say that the server at *address* does not serve what it should: look it up again."""

    def move(self, slot: int, address: Address) -> None:
        """Take the word of a server that another one has *slot*."""

    def client(self, address: Address) -> Redis:
        """Make a client for commands."""
        return Redis.from_pool(self._pool(address))

    def connection(self, address: Address) -> Any:
        """Make a connection for a reader, which watches it: without limits of redis-py's."""
        return self._pool(address, socket_timeout=None, health_check_interval=0).make_connection()

    async def link(self) -> Any:
        """Look up anew where the one server is that has all channels, and make a connection for a reader.

        Raises:
            RedisError: nobody tells.
        """
        return self.connection(_HERE)

    def _pool(self, address: Address, **options: Any) -> Any:
        if address != _HERE:
            options.update(zip(("host", "port"), address, strict=True))
        pool: Any = ConnectionPool  # its options have no types
        return pool(**{**self._options, **options})

    async def _ask(self, address: Address, *command: str, **options: Any) -> Any:
        limits = {"socket_timeout": _PATIENCE, "socket_connect_timeout": _PATIENCE}
        client: Any = Redis.from_pool(self._pool(address, **limits, **options))
        try:
            return await client.execute_command(*command)
        finally:
            await client.aclose()

    async def _ask_any(
        self, addresses: Iterable[Address], *command: str, **options: Any
    ) -> tuple[Address, Any]:
        error: Exception = RedisConnectionError("it has no servers")
        for address in addresses:
            try:
                return address, await self._ask(address, *command, **options)
            except (RedisError, OSError) as its_error:  # noqa: PERF203 - the next one may tell
                error = its_error
        raise error


class Sentinels(Store):
    """The master of several servers: sentinels say which one it is."""

    _master: Address | None = None

    @override
    async def find(self, channel: bytes) -> Address:
        if self._master is None:
            url = self._url
            own: dict[str, Any] = {"username": None, "password": None, "db": 0, **url.sentinels}
            asked = random.sample(url.addresses, len(url.addresses))
            _, found = await self._ask_any(asked, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", url.master, **own)
            if found is None:
                raise RedisConnectionError(f"the sentinels know no master {url.master!r}")
            address = (found[0].decode(), int(found[1]))
            role = await self._ask(address, "ROLE")
            if role[0] != b"master":  # a sentinel may be the last to hear of a fail-over
                raise RedisConnectionError(f"the master {url.master!r} is being replaced")
            self._master = address
        return self._master

    @override
    def doubt(self, address: Address) -> None:
        if address == self._master:
            self._master = None

    @override
    async def link(self) -> Any:
        self._master = None
        return self.connection(await self.find(b""))


class Cluster(Store):
    """The servers of a cluster, each of which has some of the slots."""

    is_sharded = True

    def __init__(self, url: StoreUrl, deadline: float) -> None:
        super().__init__(url, deadline)
        self._slots: dict[int, Address] = {}
        self._doubted: set[Address] = set()
        self._asking = asyncio.Lock()

    @override
    async def find(self, channel: bytes) -> Address:
        slot = key_slot(channel)
        if self._is_unknown(slot):
            async with self._asking:
                if self._is_unknown(slot):
                    await self._look()
        address = self._slots.get(slot)
        if address is None:
            raise ClusterDownError(f"no server of the cluster has slot {slot}")
        return address

    @override
    def doubt(self, address: Address) -> None:
        self._doubted.add(address)

    @override
    def move(self, slot: int, address: Address) -> None:
        self._slots[slot] = address

    def _is_unknown(self, slot: int) -> bool:
        address = self._slots.get(slot)
        return address is None or address in self._doubted

    async def _look(self) -> None:
        known = {*self._slots.values(), *self._url.addresses}
        asked = sorted(known, key=lambda each: (each in self._doubted, random.random()))
        said_by, ranges = await self._ask_any(asked, "CLUSTER", "SLOTS")
        self._slots = {
            slot: ((master[0] or b"").decode() or said_by[0], int(master[1]))
            for first, last, master, *_ in ranges
            for slot in range(first, last + 1)
        }
        self._doubted.clear()


def open_store(url: StoreUrl, deadline: float) -> Store:
    """Make what leads to the store at *url*."""
    kinds: dict[str, type[Store]] = {"": Store, "sentinel": Sentinels, "cluster": Cluster}
    return kinds[url.kind](url, deadline)


def named_by(error: AskError, server: Address) -> Address:
    """Give the server that *server* has named in its place; without a host it is on the same."""
    named: Any = error  # redis-py has no types for it
    return named.host or server[0], named.port
