"""The nodes of a chaos run: real servers, killed and started again."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Final

__all__ = ["ServerNode"]

_ROOT: Final = Path(__file__).parents[2]
_PATIENCE: Final = 20.0


class ServerNode:
    """One uvicorn with the program of ``app.py``, on a port that stays."""

    def __init__(self, folder: Path, name: str, *, layer: str, plant: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._log = folder / f"{name}.log"
        self._environment = {
            **os.environ,
            "CHAOS_LAYER": layer,
            "CHAOS_PLANT": plant,
            "PYTHONPATH": str(_ROOT),
        }
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Start it; returns once it answers."""
        command = ["-m", "uvicorn", "--host", "127.0.0.1", "--port", f"{self.port}", "--log-level", "warning"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: ASYNC220 - it takes a millisecond
                [sys.executable, *command, "tests.chaos.app:app"],
                cwd=_ROOT,
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + _PATIENCE
        while not await asyncio.to_thread(self._answers):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the node does not answer:\n{self.log()}")
            await asyncio.sleep(0.02)

    def kill(self) -> None:
        """End it, as a crash does; ending twice is no error."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def log(self) -> str:
        """Read what it has written."""
        return self._log.read_text()

    def _answers(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=1.0)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()
