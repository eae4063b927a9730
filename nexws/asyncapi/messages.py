"""The messages and operations of one channel."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from nexws.asyncapi.channels import Channel
from nexws.asyncapi.frames import FrameSchemas, Json, codes_of
from nexws.asyncapi.schemas import DocumentSchemas, Schemas, SchemaUse
from nexws.events import ANY_PAYLOAD, NO_PAYLOAD, Emit, Handler
from nexws.protocol import CANCEL_EVENT, ERROR_EVENT, RESERVED_PREFIX, UNKNOWN, Envelope, FailureCode

__all__ = ["ChannelUses", "ChannelWriter", "correlation_key"]

View = Literal["server", "client"]

_SUFFIXES: Final = (".ok", ".next", ".done", ".error", ".push", ".event")
_SPELT: Final = {"*": "any", ":": "colon", "$": "dollar", "@": "at", "__": "plain"}
_TO_SPELL: Final = re.compile(rf"[^A-Za-z0-9._-]|__(?=(?:{'|'.join(_SPELT.values())})__)")

_OF_NO_EVENT: Final = [
    FailureCode.BAD_FRAME.value,
    FailureCode.BAD_ENVELOPE.value,
    FailureCode.TOO_LARGE.value,
    FailureCode.RATE_LIMITED.value,
    FailureCode.UNKNOWN_EVENT.value,  # a client may send that name
    FailureCode.INTERNAL.value,
]
_OF_UNKNOWN: Final = [
    FailureCode.UNKNOWN_EVENT.value,
    FailureCode.BAD_FRAME.value,
    FailureCode.BAD_ENVELOPE.value,
    FailureCode.RATE_LIMITED.value,
]
_OF_CANCEL: Final = [
    FailureCode.BAD_FRAME.value,
    FailureCode.BAD_ENVELOPE.value,
    FailureCode.INVALID_PAYLOAD.value,
    FailureCode.RATE_LIMITED.value,
]


class ChannelUses:
    """The types of one channel, as they are asked for of ``Schemas``."""

    def __init__(self, channel: Channel, schemas: Schemas) -> None:
        self.payloads: dict[str, SchemaUse] = {}
        self.replies: dict[str, SchemaUse] = {}
        self.pushes: dict[str, SchemaUse] = {}
        self.errors: dict[tuple[str, str], SchemaUse] = {}
        self._channel, self._schemas = channel, schemas
        self._add(channel.contract.handlers, channel.contract.emits)

    def add_reserved(self) -> None:
        """Ask for the protocol's own types too."""
        self._add(self._channel.contract.reserved, self._channel.contract.reserved_emits)

    def _add(self, handlers: Mapping[str, Handler], emits: Mapping[str, Emit[Any]]) -> None:
        schemas, packed = self._schemas, self._channel.is_packed  # where bytes are data as any other
        for event, handler in handlers.items():
            where = f"event {event!r}"
            if not (
                handler.schema is NO_PAYLOAD
                or handler.schema is ANY_PAYLOAD
                or (handler.is_binary and not packed)
            ):
                self.payloads[event] = schemas.add(handler.schema, where=where)
            if handler.reply is not None and (packed or not handler.writer.is_binary):
                what = "the items of" if handler.streams else "the reply to"
                self.replies[event] = schemas.add(
                    handler.reply, where=f"{what} event {event!r}", mode="serialization"
                )
            for code, writer in handler.errors.items():
                if writer.schema is not None and writer.schema is not Any:
                    use = schemas.add(
                        writer.schema, where=f"failure {code!r} of event {event!r}", mode="serialization"
                    )
                    self.errors[event, code] = use
        for event, emit in emits.items():
            if emit.schema is not None and (packed or not emit.writer.is_binary):
                self.pushes[event] = schemas.add(emit.schema, where=f"push {event!r}", mode="serialization")


class ChannelWriter:
    """Writes the messages and operations of one channel into a document."""

    def __init__(
        self, key: str, channel: Channel, uses: ChannelUses, described: DocumentSchemas, view: View
    ) -> None:
        self._key, self._channel, self._uses, self._described = key, channel, uses, described
        contract = channel.contract
        self._frames = FrameSchemas(contract.envelope, tuple(contract.all_handlers), described.components)
        self._packed = channel.is_packed
        self._receive, self._send = ("receive", "send") if view == "server" else ("send", "receive")
        self.messages: dict[str, Json] = {}
        self.operations: dict[str, Json] = {}

    def write(self, security: Sequence[Json]) -> None:
        """Write everything, the protocol's own last."""
        contract = self._channel.contract
        for handlers, emits in (
            (contract.handlers, contract.emits),
            (contract.reserved, contract.reserved_emits),
        ):
            for event, handler in handlers.items():
                self._event(event, handler, security)
            for event, emit in emits.items():
                self._push(event, emit, security)
        self._nobodys(security)

    # -- events and their answers

    def _event(self, event: str, handler: Handler, security: Sequence[Json]) -> None:
        payload = self._frames.event(
            event,
            self._data(self._uses.payloads.get(event)),
            is_binary=handler.is_binary and not self._packed,
            needs_ref=handler.streams,
            has_any_data=handler.schema is ANY_PAYLOAD,
        )
        sent = self._message(
            _own_key(event),
            event,
            "event",
            payload,
            name=event,
            is_binary=handler.is_binary,
            examples=[self._example(event, each, needs_ref=handler.streams) for each in handler.examples],
            **({"x-nexws-deprecated": True} if handler.deprecated else {}),
        )
        answers = [self._answer(event, handler, "next" if handler.streams else "ok")]
        if handler.streams:
            done = self._frames.answer(event, "done", None, is_binary=False)
            answers.append(self._message(f"{event}.done", event, "done", done))
        answers.append(self._failure(event, handler))
        self._operation(
            _own_key(event),
            self._receive,
            sent,
            _words(handler.summary, handler.description, handler.tags, security),
            reply={"channel": self._ref("channels", self._key), "messages": answers},
            **({"x-nexws-stream": True} if handler.streams else {}),
        )

    def _answer(self, event: str, handler: Handler, status: str) -> Json:
        data = self._data(self._uses.replies.get(event))
        is_binary = handler.writer.is_binary
        payload = self._frames.answer(event, status, data, is_binary=is_binary and not self._packed)
        kind = "item" if handler.streams else "reply"
        return self._message(f"{event}.{status}", event, kind, payload, is_binary=is_binary)

    def _failure(self, event: str, handler: Handler) -> Json:
        own = codes_of(handler)
        typed: dict[str, Json] = {}
        for code in handler.errors:
            use = self._uses.errors.get((event, code))
            if use is None:
                own.append(code)
            else:
                typed[code] = self._described.ref_of(use)
        payload = self._frames.failure(self._frames.name_of(event), own, typed)
        return self._message(f"{event}.error", event, "failure", payload)

    def _push(self, event: str, emit: Emit[Any], security: Sequence[Json]) -> None:
        is_binary = emit.writer.is_binary
        data = self._data(self._uses.pushes.get(event))
        payload = self._frames.push(
            event,
            data,
            is_binary=is_binary and not self._packed,
            has_pos=not _is_reserved(
                event
            ),  # whatever it declares: a broadcast may be kept that says so itself
        )
        examples = [self._example(event, each) for each in emit.examples]
        more: Json = {"x-nexws-deprecated": True} if emit.deprecated else {}
        sent = self._message(
            f"{event}.push", event, "push", payload, is_binary=is_binary, examples=examples, **more
        )
        self._operation(f"{event}.push", self._send, sent, _words(emit.summary, "", emit.tags, security))

    def _nobodys(self, security: Sequence[Json]) -> None:
        """Write what has no handler: the end of a stream, and failures of what nobody serves."""
        of_none = self._frames.failure({"const": ERROR_EVENT}, _OF_NO_EVENT, {})
        of_unknown = self._frames.failure(self._frames.name_of_none(), _OF_UNKNOWN, {})
        of_cancel = self._frames.failure({"const": CANCEL_EVENT}, _OF_CANCEL, {})
        failures = [
            self._message(ERROR_EVENT, ERROR_EVENT, "failure", of_none),
            self._message("nexws.unknown.error", UNKNOWN, "failure", of_unknown),
        ]
        if any(handler.streams for handler in self._channel.contract.handlers.values()):
            sent = self._message(CANCEL_EVENT, CANCEL_EVENT, "event", self._frames.cancel())
            self._operation(CANCEL_EVENT, self._receive, sent, _words("End a stream.", "", (), security))
        failures.append(self._message(f"{CANCEL_EVENT}.error", CANCEL_EVENT, "failure", of_cancel))
        summary = "A failure of a frame whose event cannot be read, or is served by nobody."
        self._operation(ERROR_EVENT, self._send, failures, _words(summary, "", (), security))

    # -- the parts

    def _data(self, use: SchemaUse | None) -> Json | None:
        return None if use is None else self._described.ref_of(use)

    def _example(self, event: str, data: Any, *, needs_ref: bool = False) -> Json:
        envelope: Envelope = self._channel.contract.envelope
        parts = {"event": self._frames.example_of(event), "data": data, **({"ref": "1"} if needs_ref else {})}
        return {"payload": envelope.pack(parts)}

    def _message(
        self,
        key: str,
        event: str,
        kind: str,
        payload: Json,
        *,
        name: str = "",
        is_binary: bool = False,
        examples: Sequence[Json] = (),
        **more: Any,
    ) -> Json:
        """Write a message, and give a reference to it."""
        framed = is_binary and not self._packed
        packed = "application/msgpack" if self._packed else "application/json"
        has_ref = self._channel.contract.envelope.ref in payload["properties"]
        message: Json = {
            "name": name or key,
            "contentType": "application/octet-stream" if framed else packed,
            **(
                {"correlationId": {"$ref": f"#/components/correlationIds/{correlation_key(self._channel)}"}}
                if has_ref
                else {}
            ),
            "payload": payload,
            **({"examples": list(examples)} if examples else {}),
            "x-nexws-kind": kind,
            "x-nexws-event": event,
            **({"x-nexws-binary": True} if framed else {}),
            **({"x-nexws-reserved": True} if _is_reserved(key) else {}),
            **more,
        }
        key = _unused(_key(key), self.messages)
        self.messages[key] = message
        return self._ref("channels", self._key, "messages", key)

    def _operation(
        self, name: str, action: str, messages: Json | list[Json], words: Json, **more: Any
    ) -> None:
        self.operations[_unused(f"{self._key}.{_key(name)}", self.operations)] = {
            "action": action,
            "channel": self._ref("channels", self._key),
            **words,
            "messages": messages if isinstance(messages, list) else [messages],
            **({"x-nexws-reserved": True} if _is_reserved(name) else {}),
            **more,
        }

    @staticmethod
    def _ref(*path: str) -> Json:
        return {"$ref": "#/" + "/".join(path)}


def _words(summary: str, description: str, tags: Sequence[str], security: Sequence[Json]) -> Json:
    """Write what an operation says for people, and who may ask for it."""
    rest = description.removeprefix(summary).strip()
    return {
        **({"summary": summary} if summary else {}),
        **({"description": rest} if rest else {}),
        **({"tags": [{"name": tag} for tag in tags]} if tags else {}),
        **({"security": list(security)} if security else {}),
    }


def correlation_key(channel: Channel) -> str:
    """Name the correlation id of a channel: after the key of its refs."""
    return _key(channel.contract.envelope.ref)


def _is_reserved(name: str) -> bool:
    """Whether an event, or what is named after it, belongs to the protocol."""
    return name.startswith(RESERVED_PREFIX)


def _own_key(event: str) -> str:
    """Name an event's own message, never as any event's answers or pushes are named."""
    return f"{event}.event" if event.endswith(_SUFFIXES) else event


def _key(name: str) -> str:
    """Make a key of a name, another one for each: what keys cannot have is spelt out."""
    return _TO_SPELL.sub(lambda found: f"__{_SPELT[found[0]]}__", name)


def _unused(key: str, taken: Mapping[str, object]) -> str:
    number, candidate = 1, key
    while candidate in taken:
        number += 1
        candidate = f"{key}_{number}"
    return candidate
