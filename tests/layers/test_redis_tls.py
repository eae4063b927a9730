"""The layer on a server that speaks TLS and wants to know who comes; and what of its URL is never shown."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from nexws.errors import LayerError, StoreUrlError
from nexws.layers.redis import RedisLayer
from tests.brokers import Broker
from tests.layers.redis_layers import has_health, make_layer, running


def make_certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """Make a certificate of the loopback that nobody but itself vouches for; gives it, and its key."""
    certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *("-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    return certificate, key


class TlsEnd:
    """Speaks TLS with clients, and passes what they say on to a server."""

    def __init__(self, target: int, certificate: Path, key: Path) -> None:
        self._target = target
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(certificate, key)
        self.port: int = 0
        self._writers: set[StreamWriter] = set()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        """Listen; gives the port."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self._context)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self.port
        finally:
            server.close()
            self.cut()

    def cut(self) -> None:
        """Cut all connections."""
        for each in tuple(self._writers):
            each.transport.abort()

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        answers, server = await asyncio.open_connection("127.0.0.1", self._target)
        pair = {writer, server}
        self._writers |= pair
        try:
            await asyncio.gather(self._pass(reader, server), self._pass(answers, writer))
        finally:
            self._writers -= pair

    async def _pass(self, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.transport.abort()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificate(tmp_path_factory.mktemp("tls"), "store")


@pytest.fixture
async def tls(broker: Broker, certificate: tuple[Path, Path]) -> AsyncIterator[TlsEnd]:
    end = TlsEnd(broker.port, *certificate)
    async with end.listening():
        yield end


async def test_commands_and_what_is_followed_go_over_tls(
    tls: TlsEnd, certificate: tuple[Path, Path], prefix: str
) -> None:
    """Also after the connections have been cut."""
    url = f"rediss://127.0.0.1:{tls.port}?ssl_ca_certs={certificate[0]}"
    async with running(url, prefix, "lobby") as node:
        await node.publish("lobby", "one")
        await node.gets("lobby", "one")
        tls.cut()
        await has_health(node, is_up=True)
        await node.publish("lobby", "two")
        await node.gets_to("lobby", "two")


@pytest.mark.parametrize("vouches", ["nobody", "another", "not there"])
async def test_a_certificate_that_is_not_trusted_is_told(
    tls: TlsEnd, tmp_path: Path, prefix: str, vouches: str
) -> None:
    """The start says so within five seconds; the store is not spoken to."""
    url = f"rediss://127.0.0.1:{tls.port}"
    if vouches == "another":
        url += f"?ssl_ca_certs={make_certificate(tmp_path, 'another')[0]}"
    elif vouches == "not there":
        url += f"?ssl_ca_certs={tmp_path / 'nowhere'}"
    with pytest.raises(LayerError) as refused, anyio.fail_after(7.0):
        await make_layer(url, prefix).start()
    reason = "No such file" if vouches == "not there" else "certificate verify failed"
    assert reason.lower() in str(refused.value).lower()
    assert f"rediss://127.0.0.1:{tls.port}" in str(refused.value)


async def test_a_server_without_tls_is_told(broker: Broker, prefix: str) -> None:
    """It waits for the end of a line, which TLS does not have."""
    with pytest.raises(LayerError, match="cannot be reached: it does not answer in time"):
        await make_layer(f"rediss://127.0.0.1:{broker.port}", prefix).start()


async def test_a_server_may_want_a_user_and_a_password(own_broker: Broker, prefix: str) -> None:
    """Both may stand in the URL, or be options; a wrong one is refused, and never shown."""
    own_broker.command("ACL", "SETUSER", "nexws", "on", ">pass@word/1", "~*", "&*", "+@all")
    own_broker.command("ACL", "SETUSER", "default", "off")
    host = f"127.0.0.1:{own_broker.port}"
    for url in (
        f"redis://nexws:pass%40word%2F1@{host}/0",
        f"redis://{host}?username=nexws&password=pass@word/1",
    ):
        async with running(url, prefix, "lobby") as node:
            await node.publish("lobby", "one")
            await node.gets("lobby", "one")
    for url in (
        f"redis://somebody:wrong-word@{host}/0",
        f"redis://{host}?username=somebody&password=wrong-word",
    ):
        with pytest.raises(LayerError) as refused:
            await make_layer(url, prefix).start()
        assert host in str(refused.value)
        for secret in ("somebody", "wrong-word"):
            assert secret not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("redis://:secret/word@cache", "it cannot be read"),
        ("redis://cache:secret", "it cannot be read"),
        ("redis://[secret", "it cannot be read"),
        ("redis://cache?db=secret", "it cannot be read"),
        ("http://user:secret@cache", "its scheme is not known"),
        ("redis+nobody://user:secret@cache", "its scheme is not known"),
        ("unix+cluster://user:secret@cache", "its scheme is not known"),
        ("cache:6379", "its scheme is not known"),
        ("redis+sentinel://user:secret@cache", "it does not name the master"),
        ("redis+cluster://user:secret@cache/1", "it names a database, which clusters do not have"),
        ("redis+cluster://user:secret@cache:word,other", "it cannot be read"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_at_once(url: str, problem: str) -> None:
    with pytest.raises(StoreUrlError) as refused:
        RedisLayer(url)
    assert refused.value.problem == problem
    assert "secret" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None
