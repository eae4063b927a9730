"""The proxy of the tests does to connections what networks do."""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator

import anyio
import pytest

from tests.proxy import Proxy

PATIENCE = 5.0


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    """Give a proxy in front of a server that says everything again, behind a greeting."""
    busy = set[asyncio.Task[None] | None]()

    async def echo(reader: StreamReader, writer: StreamWriter) -> None:
        busy.add(asyncio.current_task())
        try:
            while line := await reader.readline():
                writer.write(line)
            writer.write(b"end\n")
            await writer.drain()
        except OSError:
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with Proxy(server.sockets[0].getsockname()[1]) as proxy:
        yield proxy
    server.close()
    await asyncio.gather(*filter(None, busy), return_exceptions=True)


class Client:
    def __init__(self, reader: StreamReader, writer: StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def ask(self, line: bytes) -> bytes:
        self.writer.write(line + b"\n")
        with anyio.fail_after(PATIENCE):
            return (await self.reader.readline()).strip()


@pytest.fixture
async def client(proxy: Proxy) -> AsyncIterator[Client]:
    client = Client(*await asyncio.open_connection("127.0.0.1", proxy.port))
    yield client
    client.writer.transport.abort()


async def test_what_is_said_passes(client: Client, proxy: Proxy) -> None:
    assert [await client.ask(b"one"), await client.ask(b"two")] == [b"one", b"two"]
    assert proxy.connections == 1


async def test_latency_makes_it_late(client: Client, proxy: Proxy) -> None:
    """There and back."""
    await client.ask(b"one")
    proxy.latency = 0.05
    begun = anyio.current_time()
    await client.ask(b"two")
    assert anyio.current_time() - begun >= 0.1


async def test_a_black_hole_holds_everything_until_it_is_healed(client: Client, proxy: Proxy) -> None:
    """Also a connection that is made meanwhile; nobody is told of an end."""
    await client.ask(b"one")
    proxy.blackhole()
    client.writer.write(b"two\n")
    late = Client(*await asyncio.open_connection("127.0.0.1", proxy.port))
    late.writer.write(b"late\n")
    for each in (client, late):
        with anyio.move_on_after(0.05):
            raise AssertionError(f"heard {await each.reader.readline()!r}")
    await proxy.heal()
    with anyio.fail_after(PATIENCE):
        assert await client.reader.readline() == b"two\n"
        assert await late.reader.readline() == b"late\n"
    late.writer.transport.abort()


async def test_a_reset_is_one(client: Client, proxy: Proxy) -> None:
    """New connections are served."""
    await client.ask(b"one")
    proxy.reset()
    with pytest.raises(ConnectionResetError), anyio.fail_after(PATIENCE):
        await client.reader.readline()
    again = Client(*await asyncio.open_connection("127.0.0.1", proxy.port))
    assert await again.ask(b"two") == b"two"
    again.writer.transport.abort()


async def test_half_a_close_ends_one_direction(client: Client, proxy: Proxy) -> None:
    await client.ask(b"one")
    proxy.half_close()
    with anyio.fail_after(PATIENCE):
        assert await client.reader.read() == b""
    client.writer.write(b"two\n")
    await client.writer.drain()
    assert proxy.connections == 1


async def test_refusing_leaves_what_is_connected(client: Client, proxy: Proxy) -> None:
    await client.ask(b"one")
    proxy.refuse()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", proxy.port)
    assert await client.ask(b"two") == b"two"
    await proxy.heal()
    again = Client(*await asyncio.open_connection("127.0.0.1", proxy.port))
    assert await again.ask(b"three") == b"three"
    again.writer.transport.abort()


async def test_a_server_that_is_gone_is_a_reset(client: Client, proxy: Proxy) -> None:
    """One that was never there, for the next connection; the end of the client is passed on."""
    await client.ask(b"one")
    client.writer.write_eof()
    with anyio.fail_after(PATIENCE):
        assert await client.reader.read() == b"end\n"
    proxy.target = 1
    lost = Client(*await asyncio.open_connection("127.0.0.1", proxy.port))
    with pytest.raises(ConnectionResetError), anyio.fail_after(PATIENCE):
        await lost.reader.readline()
    lost.writer.transport.abort()
