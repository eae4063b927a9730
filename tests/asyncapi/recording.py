"""Frames as they cross the wire, and what a document says of them."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgpack  # type: ignore[import-untyped] # it brings no types
from jsonschema import Draft7Validator
from nexios import NexiosApp

from nexws.events.msgpack_codec import MsgpackCodec
from nexws.runtime import Message
from nexws.testing import Connection, connect

__all__ = ["Judge", "Recording", "Seen", "recorded", "seen"]

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """A frame, laid out as a document has it."""

    frame: Any
    is_binary: bool
    """Whether it is a JSON header, a line feed, and bytes."""
    raw: str | bytes


@dataclass(slots=True)
class Recording:
    """What was said on one connection, in order: ``(">" or "<", frame)``."""

    path: str
    said: list[tuple[str, Seen]] = field(default_factory=list[tuple[str, Seen]])

    def sent(self) -> list[Seen]:
        """What the server sent."""
        return [each for side, each in self.said if side == "<"]

    def answered(self, ref_key: str, status_key: str, error_key: str) -> Iterator[tuple[Seen, str]]:
        """Go through what the client sent with a ref, each with the status or the code that came back."""
        for number, (side, each) in enumerate(self.said):
            ref = each.frame.get(ref_key) if side == ">" and isinstance(each.frame, dict) else None
            if not isinstance(ref, (str, int)):
                continue
            for other, answer in self.said[number:]:
                if other == "<" and answer.frame.get(ref_key) == ref:
                    status: str = answer.frame[status_key]
                    yield each, answer.frame[error_key]["code"] if status == "error" else status
                    break


def seen(raw: str | bytes, *, is_packed: bool) -> Seen:
    """Read a frame; of msgpack, bytes become text as the schemas have it."""
    has_header = isinstance(raw, bytes) and not is_packed
    try:
        if isinstance(raw, bytes) and is_packed:
            frame = _plain(msgpack.unpackb(raw, timestamp=3))
        else:
            frame = json.loads(raw.partition(b"\n")[0] if isinstance(raw, bytes) else raw)
    except ValueError:
        frame = None
    return Seen(frame, has_header, raw)


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value


@asynccontextmanager
async def recorded(
    app: NexiosApp,
    path: str,
    *,
    into: list[Recording],
    headers: Mapping[str, str] | None = None,
    subprotocols: Sequence[str] = (),
) -> AsyncGenerator[Connection]:
    """Connect, and write everything down."""
    recording = Recording(path.partition("?")[0])
    into.append(recording)
    async with connect(app, path, headers=headers, subprotocols=subprotocols) as client:
        server, is_packed = client._server, isinstance(client._codec, MsgpackCodec)
        deliver, take = server.deliver, server._take_frame

        def delivered(message: Message) -> None:
            if message["type"] == "websocket.receive":
                raw = message.get("text", message.get("bytes"))
                recording.said.append((">", seen(raw, is_packed=is_packed)))
            deliver(message)

        def taken(message: Message) -> None:
            take(message)
            recording.said.append(("<", seen(server.frames[-1], is_packed=is_packed)))

        recording.said += [("<", seen(each, is_packed=is_packed)) for each in server.frames]
        server.deliver, server._take_frame = delivered, taken  # type: ignore[method-assign]
        yield client


class Judge:
    """Says which messages of a document a frame is."""

    def __init__(self, document: Json, path: str) -> None:
        self.document = document
        self.key, self.channel = next(
            (key, each)
            for key, each in document["channels"].items()
            if re.fullmatch(re.sub(r"{\w+}", "[^/]+", each["address"]), path)
        )
        self._messages: dict[str, dict[str, Json]] = {"receive": {}, "send": {}}
        for operation in document["operations"].values():
            if operation["channel"]["$ref"].rpartition("/")[2] == self.key:
                self._add(operation["action"], operation["messages"])
                self._add("send", operation.get("reply", {}).get("messages", ()))

    def _add(self, action: str, references: Sequence[Json]) -> None:
        for reference in references:
            key = reference["$ref"].rpartition("/")[2]
            message = self.document["components"]["messages"][f"{self.key}.{key}"]
            schema = {"allOf": [message["payload"]], "components": self.document["components"]}
            self._messages[action][key] = {**message, "validator": Draft7Validator(schema)}

    def messages_of(self, said: Seen, action: str) -> list[str]:
        """List the messages that a frame is, as the server receives or sends it."""
        return [
            key
            for key, message in self._messages[action].items()
            if message.get("x-nexws-binary", False) == said.is_binary
            and message["validator"].is_valid(said.frame)
        ]
