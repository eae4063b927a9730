"""A TCP proxy between a client and a server of a test, for what networks do."""

from __future__ import annotations

import asyncio
import socket
import struct
from asyncio import StreamReader, StreamWriter
from collections.abc import Coroutine
from typing import Any

from typing_extensions import Self

__all__ = ["Proxy"]

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with RST


class Proxy:
    """Passes what comes to :attr:`port` on to *target*, and back, as long as it is not told otherwise."""

    def __init__(self, target: int) -> None:
        self.target: int = target
        """The port of the server; another one is for new connections."""
        self.latency: float = 0.0
        """Seconds by which what passes is late, in each direction."""
        self.port: int = 0
        self._server: asyncio.Server | None = None
        self._passes = asyncio.Event()
        self._passes.set()
        self._links: dict[StreamWriter, asyncio.Task[None]] = {}
        self._told: set[StreamWriter] = set()  # that nothing more will come

    @property
    def url(self) -> str:
        """Where it is, for redis-py."""
        return f"redis://127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return len(self._links)

    async def __aenter__(self) -> Self:
        await self._listen()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.refuse()
        self.reset()
        await asyncio.gather(*self._links.values(), return_exceptions=True)

    def blackhole(self) -> None:
        """Let nothing pass, and connections be, new ones too, which are accepted: nobody is told."""
        self._passes.clear()

    def reset(self) -> None:
        """Cut all connections, at both ends."""
        for client, link in self._links.items():
            _reset(client)
            link.cancel()

    def half_close(self) -> None:
        """Tell all clients that nothing more will come; what they say still passes."""
        for client in self._links:
            self._told.add(client)
            client.write_eof()

    def refuse(self) -> None:
        """Refuse new connections; those that there are stay."""
        if self._server is not None:
            self._server.close()
            self._server = None

    async def heal(self) -> None:
        """Let everything pass again, what was held too."""
        self._passes.set()
        self.latency = 0.0
        if self._server is None:
            await self._listen()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def _accept(self, reader: StreamReader, client: StreamWriter) -> None:
        link = asyncio.create_task(self._link(reader, client))
        self._links[client] = link
        link.add_done_callback(lambda _: self._forget(client))

    def _forget(self, client: StreamWriter) -> None:
        self._links.pop(client, None)
        self._told.discard(client)

    async def _link(self, reader: StreamReader, client: StreamWriter) -> None:
        """Serve one client until both ends have said all, or one is gone."""
        server: StreamWriter | None = None
        try:
            await self._passes.wait()
            answers, server = await asyncio.open_connection("127.0.0.1", self.target)
            await _both(self._pass(reader, server), self._pass(answers, client))
        except OSError:
            _reset(client)  # the other end hears of it as of a server that is gone
        finally:
            for writer in (client, server):
                if writer is not None:
                    writer.transport.abort()

    async def _pass(self, reader: StreamReader, writer: StreamWriter) -> None:
        while data := await reader.read(65_536):
            if self.latency:
                await asyncio.sleep(self.latency)
            await self._passes.wait()
            if writer not in self._told:
                writer.write(data)
                await writer.drain()
        await self._passes.wait()
        if not writer.is_closing():
            writer.write_eof()


async def _both(*passing: Coroutine[Any, Any, None]) -> None:
    """Run both directions; the first that fails ends the other."""
    tasks = [asyncio.create_task(each) for each in passing]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


def _reset(writer: StreamWriter) -> None:
    """Close with RST, not FIN."""
    raw = writer.get_extra_info("socket")
    if raw is not None and not writer.is_closing():
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
