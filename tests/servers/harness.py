"""Real servers, as processes of their own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final, TypeVar

import anyio
import anyio.to_thread

__all__ = ["PATIENCE", "SERVERS", "Server", "eventually"]

T = TypeVar("T")

PATIENCE: Final = 10.0
"""How long anything may take that takes milliseconds on a quiet machine."""

_APP: Final = "tests.servers.apps:app"
_ROOT: Final = Path(__file__).parents[2]

_NEXWS: Final = ("nexws", "serve", "--host", "127.0.0.1", "--port", "{port}")
_UVICORN: Final = ("uvicorn", "--host", "127.0.0.1", "--port", "{port}", "--no-access-log", "--ws")
SERVERS: Final[dict[str, tuple[str, ...]]] = {
    "uvicorn-sansio": (*_UVICORN, "websockets-sansio"),
    "uvicorn-websockets": (*_UVICORN, "websockets"),
    "uvicorn-wsproto": (*_UVICORN, "wsproto"),
    "hypercorn": ("hypercorn", "--bind", "127.0.0.1:{port}", "--graceful-timeout", "1"),
    "granian": ("granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", "{port}"),
}
"""The commands by which the servers are started."""

_COMMANDS: Final = {**SERVERS, "nexws": _NEXWS}


class Server:
    """One server with the program of ``apps.py``, from :meth:`start` to :meth:`stop`.

    Its groups are its own, unless *layer*, the URL of a store, carries them; a *prefix* keeps them from others'.
    """

    def __init__(
        self, kind: str, folder: Path, *options: str, layer: str | None = None, prefix: str = "nexws"
    ) -> None:
        self.kind = kind
        self.port = _free_port()
        self._log = folder / f"{kind}.log"
        command = [part.format(port=self.port) for part in _COMMANDS[kind]]
        shared = {} if layer is None else {"SERVERS_LAYER": layer, "SERVERS_PREFIX": prefix}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *command, *options, _APP],
                cwd=_ROOT,
                env={**os.environ, **shared},
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def wait_until_ready(self) -> None:
        """Return once the server answers requests."""
        deadline = time.monotonic() + 3 * PATIENCE
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.kind} does not answer:\n{self.log()}")
            time.sleep(0.02)

    def stop(self) -> int:
        """Ask the server to end, as a service manager does; gives its exit status."""
        self.terminate()
        return self.wait()

    def wait(self) -> int:
        """Wait until the server has ended; gives its exit status."""
        try:
            return self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise

    def kill(self) -> None:
        """End the server, however it is."""
        for pid in self._pids() if self._process.poll() is None else ():
            os.kill(pid, signal.SIGKILL)
        self._process.wait()

    def terminate(self, number: int = signal.SIGTERM) -> None:
        """Ask the server to end, and do not wait for it."""
        self._process.send_signal(number)

    def url(self, path: str) -> str:
        """Write the address of a WebSocket."""
        return f"ws://127.0.0.1:{self.port}{path}"

    def get(self, path: str) -> tuple[int, bytes]:
        """Do one HTTP request."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", path, headers={"Connection": "close"})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def codes(self, name: str) -> list[int]:
        """List what ``on_disconnect`` was told for the client *name*."""
        return [int(code) for code in re.findall(rf"\b{name} has left with (\d+)", self.log())]

    def log(self) -> str:
        """Read what the server has written."""
        return self._log.read_text()

    def whole_log(self) -> str:
        """Read the log once it holds all that has been logged until now: Nexios' logger writes in a thread."""
        word = uuid.uuid4().hex
        assert self.get(f"/mark/{word}")[0] == 200, self.log()
        deadline = time.monotonic() + PATIENCE
        while word not in (log := self.log()):
            assert time.monotonic() < deadline, log
            time.sleep(0.01)
        return log

    def sockets(self) -> int:
        """Count the sockets that the server's processes hold open, connected or not."""
        descriptors = (fd for pid in self._pids() for fd in Path(f"/proc/{pid}/fd").iterdir())
        return sum(_target(fd).startswith("socket:") for fd in descriptors)

    def _answers(self) -> bool:
        try:
            return self.get("/chat")[0] == 200
        except OSError:
            return False

    def _pids(self) -> list[int]:
        """List the server and its children (hypercorn and granian work in a child)."""
        pids = [self._process.pid]
        for pid in pids:
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                pids += map(int, children.read_text().split())
        return pids


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _target(descriptor: Path) -> str:
    try:
        return str(descriptor.readlink())
    except FileNotFoundError:  # closed meanwhile
        return ""


async def eventually(ask: Callable[[], T], wanted: Callable[[T], Any], patience: float = PATIENCE) -> T:
    """Ask until the answer is *wanted*; gives the last answer, wanted or not, once patience is over."""
    deadline = anyio.current_time() + patience
    while True:
        answer = await anyio.to_thread.run_sync(ask)
        if wanted(answer) or anyio.current_time() > deadline:
            return answer
        await anyio.sleep(0.02)
