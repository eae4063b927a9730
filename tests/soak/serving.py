"""uvicorn as it is run in production, on loopback and in a process of its own, and what it says of itself.

The other scripts here start it with a program of theirs. ``python -m tests.soak.serving PROGRAM DESCRIPTOR`` is what
it runs.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import random
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Any, cast

import uvicorn
from nexios import NexiosApp
from nexios.http import Request, Response
from typing_extensions import Self

from nexws import Nexws

__all__ = ["Server", "Verdict", "rss_bytes", "serve_counts", "soak"]

PATIENCE = 30.0
ROOT = Path(__file__).parents[2]


class Server(AbstractContextManager["Server"]):
    """A server of *program* (``module:app``); ``buffer_bytes`` bounds what the kernel holds of each connection."""

    def __init__(self, program: str, *, buffer_bytes: int | None = None) -> None:
        with socket.socket() as listening:
            if buffer_bytes is not None:  # what it accepts inherits this
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer_bytes)
            listening.bind(("127.0.0.1", 0))
            listening.listen(4096)
            self.port: int = listening.getsockname()[1]
            self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the server
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.soak.serving", program, str(listening.fileno())],
                cwd=ROOT,
                stdout=self._log,
                stderr=subprocess.STDOUT,
                pass_fds=[listening.fileno()],
            )

    def __enter__(self) -> Self:
        self.ask("/counts")  # it listens already: this waits until it answers
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if error is not None:
            print(self.log())
        self._log.close()

    def ask(self, path: str) -> Any:
        """Do one HTTP request, and read the JSON of its answer."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=2 * PATIENCE)
        try:
            connection.request("GET", path, headers={"Connection": "close"})
            response = connection.getresponse()
            body = response.read()
            if response.status != 200:
                raise RuntimeError(f"{path}: {response.status} {body!r}\n{self.log()}")
            return json.loads(body)
        finally:
            connection.close()

    async def ask_until(
        self, path: str, is_wanted: Callable[[Any], bool], patience: float = PATIENCE
    ) -> dict[str, int]:
        """Ask until the answer is wanted; gives the last one, wanted or not, once patience is over."""
        deadline = time.monotonic() + patience
        while True:
            answer = await asyncio.to_thread(self.ask, path)
            if is_wanted(answer) or time.monotonic() > deadline:
                return cast("dict[str, int]", answer)
            await asyncio.sleep(0.05)

    def log(self) -> str:
        """Read what it has written."""
        return Path(f"/proc/self/fd/{self._log.fileno()}").read_text()


class Verdict:
    """Prints figures beside what they may be, and remembers whether all are well."""

    def __init__(self) -> None:
        self.is_well = True

    def check(self, name: str, found: object, *, wanted: str, is_well: bool) -> None:
        self.is_well = self.is_well and is_well
        print(f"{'ok   ' if is_well else 'WRONG'} {name}: {found} (wanted: {wanted})", flush=True)

    def exit(self) -> None:
        """End the program."""
        sys.exit(0 if self.is_well else 1)


def serve_counts(app: NexiosApp, ws: Nexws) -> None:
    """Answer ``/counts`` with what the server holds; what is asked for with ``/garbage`` is collected before."""

    @app.get("/counts")
    async def counts(request: Request, response: Response) -> Any:
        return response.json(_counts(ws))

    @app.get("/garbage")
    async def garbage(request: Request, response: Response) -> Any:
        gc.collect()
        return response.json({"objects": len(gc.get_objects()), "rss": rss_bytes(), **_counts(ws)})


def _counts(ws: Nexws) -> dict[str, int]:
    node, memory = ws._node, cast("Any", ws.layer)._memory
    return {
        "tasks": len(asyncio.all_tasks()),
        "descriptors": len(os.listdir("/proc/self/fd")),
        "connections": len(node.connections),
        "groups": len(node._groups),
        "followed": sum(not name.startswith("@node") for name in memory.followers),
        "turns": len(memory.turns),
        "present": len(memory.presence),
        "entered": len(cast("Any", ws.layer)._entered),
        "logs": len(memory.logs),
        "kept": sum(len(log._entries) for log in memory.logs.values()),
    }


def rss_bytes() -> int:
    """Tell how much memory this process has, in bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def soak(program: str, run: Callable[[Server, Verdict], Coroutine[Any, Any, None]]) -> None:
    """Run a test against a server of *program*, whose log must stay empty; ends the process with its verdict."""
    random.seed(0)
    verdict = Verdict()
    with Server(program) as server:
        asyncio.run(run(server, verdict))
        log = server.log()
        verdict.check("lines in the server's log", log.count("\n"), wanted="0", is_well=not log)
        if log:
            print(log[-5000:])
    verdict.exit()


def main() -> None:
    """Serve on a socket that listens."""
    program, descriptor = sys.argv[1:]
    config = uvicorn.Config(
        program,
        ws="websockets-sansio",
        loop="uvloop",
        log_level="warning",
        ws_ping_interval=None,
        timeout_graceful_shutdown=1,
    )
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(descriptor))])


if __name__ == "__main__":
    main()
