"""What crosses the wire in a test, and what the document of the application says of it."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

import msgpack  # type: ignore[import-untyped] # it brings no types
import pytest
from jsonschema import Draft7Validator
from nexios import NexiosApp
from nexios.types import ASGIApp
from typing_extensions import override

from nexws import EventConsumer, build_asyncapi
from nexws.app.documents import routes_of
from nexws.consumer import STATE_KEY, ConsumerRoute, Registry
from nexws.events.msgpack_codec import MsgpackCodec
from nexws.protocol import (
    ERROR_EVENT,
    FailureCode,
    has_duplicate_key,
    has_no_number,
    is_event_name,
    is_too_deep,
)
from nexws.runtime import Message
from nexws.testing.server import Server

__all__ = ["Fault", "Judge", "Recording", "RecordingServer", "Said", "check", "judge_of"]

Json: TypeAlias = "dict[str, Any]"
Key: TypeAlias = "tuple[str, str | int | None]"
"""The event and the ref that a frame and its answer have in common."""

REFUSED = {
    FailureCode.BAD_FRAME.value,
    FailureCode.BAD_ENVELOPE.value,
    FailureCode.UNKNOWN_EVENT.value,
    FailureCode.INVALID_PAYLOAD.value,
    FailureCode.TOO_LARGE.value,
}
"""The codes by which the server says that a frame is not in the contract."""

UNREAD = {FailureCode.RATE_LIMITED.value}
"""The codes of frames that the server may not have looked at."""

UNREADABLE: Key = (ERROR_EVENT, None)
"""What a frame is answered under when the server has read nothing of it."""


@dataclass(frozen=True, slots=True)
class Said:
    """A frame, laid out as a document has it."""

    raw: str | bytes
    frame: Any
    """What is in it; of a binary one, its header. ``None`` if that cannot be read."""
    is_binary: bool = False
    """Whether it is a JSON header, a line feed, and bytes."""
    is_sound: bool = False
    """Whether it keeps the rules that schemas have no words for."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A frame of which the document and the server say different things."""

    raw: str | bytes
    problem: str

    def __str__(self) -> str:
        return f"{self.raw!r:.500} {self.problem}"


@dataclass(slots=True)
class Recording:
    """What was said on one connection, in order: ``(">" or "<", frame)``."""

    app: NexiosApp
    route: ConsumerRoute
    subprotocol: str | None = None
    said: list[tuple[str, str | bytes]] = field(default_factory=list[tuple[str, "str | bytes"]])

    @property
    def is_packed(self) -> bool:
        """Whether msgpack was spoken."""
        return isinstance(self.route.consumer.codec_of(self.subprotocol), MsgpackCodec)


class RecordingServer(Server):
    """A server of ``nexws.testing`` that writes down what an event consumer reads and sends."""

    recordings: list[Recording]

    def __init__(self, scope: dict[str, Any], timeout: float | None) -> None:
        super().__init__(scope, timeout)
        self._said: list[tuple[str, str | bytes]] = []

    @override
    async def run(self, app: ASGIApp) -> None:
        try:
            await super().run(app)
        finally:
            route = self.scope.get("route")
            if isinstance(route, ConsumerRoute) and issubclass(route.consumer, EventConsumer):
                routed = app if isinstance(app, NexiosApp) else self.scope["app"]
                self.recordings.append(Recording(routed, route, self.subprotocol, self._said))

    @override
    async def receive(self) -> Message:
        message = await super().receive()
        if message["type"] == "websocket.receive":
            self._said.append((">", message["text"] if "text" in message else message["bytes"]))
        return message

    @override
    def _take_frame(self, message: Message) -> None:
        super()._take_frame(message)
        self._said.append(("<", self.frames[-1]))


class Judge:
    """Says what the frames of one route are, by the document of its application."""

    def __init__(self, document: Json, key: str) -> None:
        self.document, self.channel = document, document["channels"][key]
        self.keys: Json = self.channel["x-nexws-envelope"]
        self._key, self._limits = key, self.channel["x-nexws-limits"]
        self._messages: dict[str, dict[str, Json]] = {"receive": {}, "send": {}}
        for operation in document["operations"].values():
            if operation["channel"]["$ref"].rpartition("/")[2] == key:
                self._add(operation["action"], operation["messages"])
                self._add("send", operation.get("reply", {}).get("messages", ()))

    def _add(self, action: str, references: Sequence[Json]) -> None:
        for reference in references:
            name = reference["$ref"].rpartition("/")[2]
            message = self.document["components"]["messages"][f"{self._key}.{name}"]
            schema = {"allOf": [message["payload"]], "components": self.document["components"]}
            self._messages[action][name] = {**message, "validator": Draft7Validator(schema)}

    def messages_of(self, said: Said, action: str) -> list[str]:
        """List the messages that a frame is, as the server receives or sends it."""
        if not said.is_sound:
            return []
        key = self.keys["event"]
        return [
            name
            for name, message in self._messages[action].items()
            if message.get("x-nexws-binary", False) == said.is_binary
            # most messages name their event, and need not be looked at for another's frame
            and message["payload"]["properties"][key].get("const", said.frame.get(key)) == said.frame.get(key)
            and message["validator"].is_valid(said.frame)
        ]

    # -- reading

    def read(self, side: str, raw: str | bytes, *, is_packed: bool) -> Said:
        """Read a frame."""
        size = len(raw if isinstance(raw, bytes) else raw.encode("utf-8", "replace"))
        if side == ">" and size > self._limits["frame_bytes"]:
            return Said(raw, None)
        return self._packed(raw) if is_packed else self._json(raw)

    def _json(self, raw: str | bytes) -> Said:
        try:
            text = raw if isinstance(raw, str) else raw.partition(b"\n")[0].decode()
            text.encode()
            frame = json.loads(text)
        except (ValueError, RecursionError):
            return Said(raw, None)
        own = set(self.keys.values()) if self.keys["data"] is None else None
        is_sound = (
            isinstance(frame, dict)
            and (isinstance(raw, str) or b"\n" in raw)
            and not is_too_deep(text, self._limits["json_depth"])
            and not has_no_number(text)
            and not has_duplicate_key(text, own)
            and not isinstance(frame.get(self.keys["ref"]), float)  # 1.0, which schemas call an integer
        )
        return Said(raw, frame, isinstance(raw, bytes), is_sound)

    def _packed(self, raw: str | bytes) -> Said:
        """Read msgpack as the document has it: bytes are text there, or stand behind a header."""
        frame: Any = None
        if isinstance(raw, bytes):
            with suppress(ValueError, TypeError, OverflowError, RecursionError):
                frame = msgpack.unpackb(raw, strict_map_key=False, timestamp=3)
        key = self.keys["data"]
        is_binary = (
            self.channel["x-nexws-encoding"] == "json"
            and isinstance(frame, dict)
            and isinstance(frame.get(key), bytes)
        )
        if is_binary:
            frame = {name: each for name, each in frame.items() if name != key}
        return Said(raw, _plain(frame), is_binary, isinstance(frame, dict))

    # -- judging

    def faults(self, recording: Recording) -> Iterator[Fault]:
        """Go through the frames that are not what the document says.

        What the server sends must be one of the messages that it sends. What a client sends must be one that the
        server receives unless it was refused, and none if it was. Which answer is whose is told by event and ref.
        """
        asked: dict[Key, list[Said]] = defaultdict(list)
        ends: dict[Key, list[tuple[str, Said]]] = defaultdict(list)
        for side, raw in recording.said:
            said = self.read(side, raw, is_packed=recording.is_packed)
            if side == ">":
                asked[self._key_of(said)].append(said)
                continue
            sent = self.messages_of(said, "send")
            if len(sent) != 1:
                yield Fault(raw, f"was sent, and is {sent} in the document")
            outcome = self._outcome(said)
            if outcome is not None:
                ends[self._key_of(said)].append((outcome, said))
        anyones = ends.pop(UNREADABLE, [])
        for key, frames in asked.items():
            yield from self._misjudged(frames, ends.pop(key, []), anyones, has_ref=key[1] is not None)
        for outcome, said in (*anyones, *(each for several in ends.values() for each in several)):
            if outcome in REFUSED:
                yield Fault(said.raw, "refuses a frame that is in the document")

    def _misjudged(
        self,
        frames: list[Said],
        ends: list[tuple[str, Said]],
        anyones: list[tuple[str, Said]],
        *,
        has_ref: bool,
    ) -> Iterator[Fault]:
        """Compare what the document says of the frames of one event and ref with what became of them.

        *anyones* are refusals that name neither. Without a ref, all that is answered is what went wrong.
        """
        if not has_ref:
            ends = [each for each in ends if each[0] in REFUSED]
        for said in frames:
            fitting = self.messages_of(said, "receive")
            if ends and (has_ref or not fitting):
                outcome, _ = ends.pop(0)
                if outcome not in UNREAD and (len(fitting) == 1) == (outcome in REFUSED):
                    yield Fault(said.raw, f"is {fitting} in the document, and was answered with {outcome!r}")
            elif not fitting and anyones:
                anyones.pop(0)
            elif not (fitting or has_ref):
                yield Fault(said.raw, "is not in the document, and was not refused")
        for outcome, _ in ends:
            yield Fault(
                frames[-1].raw, f"or one like it is in the document, and was answered with {outcome!r}"
            )

    def _key_of(self, said: Said) -> Key:
        frame = said.frame if isinstance(said.frame, dict) else {}
        event, ref = frame.get(self.keys["event"]), frame.get(self.keys["ref"])
        has_ref = (isinstance(ref, str) and len(ref) <= 128) or (type(ref) is int and abs(ref) < 2**53)
        return event if isinstance(event, str) and is_event_name(
            event
        ) else ERROR_EVENT, ref if has_ref else None

    def _outcome(self, said: Said) -> str | None:
        """Say how an event ended; ``None`` if that is not what the frame tells."""
        if not isinstance(said.frame, dict):
            return None
        status: str | None = said.frame.get(self.keys["status"])
        if status == "error":
            code: str = said.frame[self.keys["error"]]["code"]
            return code
        return status if status in {"ok", "done"} else None


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value


_documents: dict[Hashable, Json] = {}
_judges: dict[Hashable, Judge] = {}


def judge_of(app: NexiosApp, route: ConsumerRoute) -> Judge:
    """Give the judge of a route; applications with the same routes and limits have one document."""
    routes = [each for each in routes_of(app.router.routes) if issubclass(each[1].consumer, EventConsumer)]
    number = [each for _, each in routes].index(route)
    limits = (app.state.get(STATE_KEY) or Registry()).settings.limits
    known = limits, tuple((path, each.name, each.consumer) for path, each in routes)
    if known not in _documents:
        _documents[known] = build_asyncapi(app)
    if (known, number) not in _judges:
        document = _documents[known]
        _judges[known, number] = Judge(document, list(document["channels"])[number])
    return _judges[known, number]


def check(recordings: Iterable[Recording], exemptions: Iterable[pytest.Mark] = ()) -> None:
    """See that what was said is what the documents say.

    *exemptions* are marks ``outside_contract(reason, pattern)``: frames in which the pattern is found are not judged.
    """
    patterns = [mark.args[1] for mark in exemptions]
    faults = [
        fault
        for recording in recordings
        for fault in judge_of(recording.app, recording.route).faults(recording)
        if not any(re.search(pattern, _text(fault.raw)) for pattern in patterns)
    ]
    assert not faults, "\n".join(["outside of the contract:", *map(str, faults[:10])])


def _text(raw: str | bytes) -> str:
    return raw if isinstance(raw, str) else raw.decode("latin-1")
