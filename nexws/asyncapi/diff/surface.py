"""What a document says that crosses the wire, whatever its parts are called, from whichever side it is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from nexws.asyncapi.diff.changes import Direction
from nexws.asyncapi.payloads import schema_of
from nexws.asyncapi.references import is_object, key_of, object_at, table

__all__ = ["Channel", "Event", "Message", "Surface"]

_VARIABLE = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Message:
    """A message, with its traits; ``kind`` is what nexws notes: event, reply, item, done, failure or push."""

    key: str
    kind: str
    raw: dict[str, Any]
    content_type: str

    @property
    def event(self) -> str:
        """The event's name on the wire, if that is noted."""
        return str(self.raw.get("x-nexws-event") or "")

    def schema(self, part: str) -> Any:
        """Return the schema of the payload or the headers; of another kind, the object that says which."""
        written = self.raw.get(part, True if part == "payload" else {"type": "object"})
        schema = schema_of(written)
        return written if schema is None else schema


@dataclass(slots=True)
class Event:
    """A message that one side sends of itself, and what the other may answer; ``None`` if it answers nothing."""

    direction: Direction
    message: Message
    operation: dict[str, Any]
    replies: dict[str, Message] | None = None


@dataclass(slots=True)
class Channel:
    """A channel, and its events by direction and key."""

    key: str
    raw: dict[str, Any]
    events: dict[tuple[Direction, str], Event] = field(default_factory=dict[tuple[Direction, str], Event])

    @property
    def address(self) -> str | None:
        """The address as written."""
        address: str | None = self.raw.get("address")
        return address

    @property
    def path(self) -> str | None:
        """The address without the names of its parameters, which are only for people."""
        return self.address and _VARIABLE.sub("{}", self.address)

    @property
    def parameters(self) -> list[str]:
        """The names of the address's parameters, in order."""
        return _VARIABLE.findall(self.address or "")


class Surface:
    """One document, read."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self._spoken: set[tuple[str, str]] = set()
        self.channels: dict[str, Channel] = {
            key: Channel(key, self.follow(channel)) for key, channel in table(document, "channels").items()
        }
        self.servers: dict[str, Any] = {
            key: self.follow(server) for key, server in table(document, "servers").items()
        }
        for operation in table(document, "operations").values():
            self._add(self._with_traits(operation))
        for channel in self.channels.values():
            self._add_unspoken(channel)

    def follow(self, node: Any) -> dict[str, Any]:
        """Return the object that *node* stands for."""
        return object_at(self.document, node)

    def _add(self, operation: dict[str, Any]) -> None:
        to_server = (operation.get("action") == "receive") != (self.document.get("x-nexws-view") == "client")
        direction = Direction.TO_SERVER if to_server else Direction.TO_CLIENT
        channel = self._channel(operation)
        if channel is None:
            return
        reply = self.follow(operation["reply"]) if "reply" in operation else None
        for message in self._messages(operation, channel):
            event = channel.events.setdefault((direction, message.key), Event(direction, message, operation))
            if reply is not None:
                answers = self._messages(reply, self._channel(reply) or channel)
                event.replies = {**(event.replies or {}), **{each.key: each for each in answers}}

    def _add_unspoken(self, channel: Channel) -> None:
        """Add the messages that no operation speaks of, as if they went both ways."""
        both = Direction.TO_SERVER | Direction.TO_CLIENT
        for key, message in table(channel.raw, "messages").items():
            if (channel.key, key) not in self._spoken:
                channel.events[both, key] = Event(both, self._message(key, message), {})

    def _channel(self, speaker: dict[str, Any]) -> Channel | None:
        return self.channels.get(key_of(speaker.get("channel")))

    def _messages(self, speaker: dict[str, Any], channel: Channel) -> Iterator[Message]:
        """Yield the messages of an operation or a reply; one that names none may use all of its channel."""
        known = table(channel.raw, "messages")
        named = speaker.get("messages")
        for key in known if named is None else map(key_of, named):
            if key in known:
                self._spoken.add((channel.key, key))
                yield self._message(key, known[key])

    def _message(self, key: str, reference: Any) -> Message:
        raw = self._with_traits(reference)
        content_type = raw.get("contentType") or self.document.get("defaultContentType") or "application/json"
        return Message(key, str(raw.get("x-nexws-kind", "")), raw, content_type)

    def _with_traits(self, reference: Any) -> Any:
        """Return an operation or a message with what its traits say and it does not say itself."""
        own = self.follow(reference)
        if not own.get("traits"):
            return own
        merged: dict[str, Any] = {}
        for trait in own["traits"]:
            merged |= self.follow(trait) if is_object(trait) else {}
        return {**merged, **own}
