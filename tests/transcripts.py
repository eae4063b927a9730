"""The transcripts of the documentation: what is said on the wire, line by line."""

from __future__ import annotations

import re
from pathlib import Path

from nexios import NexiosApp
from nexios.routing import WebsocketRoute

__all__ = ["only_path", "speech"]


def only_path(app: NexiosApp) -> str:
    (route,) = (each for each in app.router.routes if isinstance(each, WebsocketRoute))
    return re.sub(r"{\w+:int}", "7", route.raw_path)


def speech(transcript: Path) -> list[tuple[str, str | bytes]]:
    """Read a transcript: ``("<" or ">", frame)``, or ``("#", path)`` where a client connects."""
    spoken: list[tuple[str, str | bytes]] = []
    for line in transcript.read_text(encoding="utf-8").splitlines():
        side, rest = line[0], line[2:]
        if side == "#":
            rest = rest.removeprefix("connected to ").partition(",")[0]
        header, binary, data = rest.partition(r" \n ")
        spoken.append((side, header.encode() + b"\n" + bytes.fromhex(data) if binary else rest))
    return spoken
