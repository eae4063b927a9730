"""The whole document."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import chain, count
from typing import Any, Final, Literal

from pydantic_core import to_json

from nexws.asyncapi.channels import Channel, SecurityScheme
from nexws.asyncapi.frames import Json
from nexws.asyncapi.handshake import Handshake
from nexws.asyncapi.messages import ChannelUses, ChannelWriter, correlation_key
from nexws.asyncapi.schemas import DocumentSchemas, Schemas
from nexws.protocol import CloseCode

__all__ = ["write_document"]

_NO_KEY: Final = re.compile(r"[^A-Za-z0-9_-]+")
_REFERENCE: Final = re.compile(r'"\$ref":"#/components/schemas/([A-Za-z0-9._-]+)"')

_CLOSINGS: Final[Mapping[CloseCode, str]] = {
    CloseCode.NORMAL: "One side was done.",
    CloseCode.GOING_AWAY: "Nothing has crossed the connection for longer than it may stay idle.",
    CloseCode.INVALID_DATA: "A text frame was not UTF-8.",
    CloseCode.POLICY_VIOLATION: "The application refused the client after accepting it.",
    CloseCode.TOO_BIG: "A frame was larger than the server allows.",
    CloseCode.INTERNAL_ERROR: "The application failed.",
    CloseCode.SERVICE_RESTART: "The server stops.",
    CloseCode.DRAIN: "The server stops; come back after a delay.",
    CloseCode.SLOW: "The client did not read what it was sent in time.",
    CloseCode.CONTINUITY_LOST: "What was sent to a group meanwhile is not known any more.",
    CloseCode.NO_HEARTBEAT: "Nothing was heard of a client that had sent nexws.ping.",
    CloseCode.RATE_LIMITED: "The client sends more than is served for it.",
    CloseCode.FORBIDDEN: "The application has put the client out.",
}
_COME_BACK: Final = {
    CloseCode.GOING_AWAY,
    CloseCode.INTERNAL_ERROR,
    CloseCode.SERVICE_RESTART,
    CloseCode.DRAIN,
    CloseCode.SLOW,
    CloseCode.CONTINUITY_LOST,
    CloseCode.NO_HEARTBEAT,
    CloseCode.RATE_LIMITED,
}


def write_document(
    channels: Sequence[Channel],
    *,
    info: Mapping[str, str],
    servers: Mapping[str, Json],
    security: Sequence[SecurityScheme],
    spec: Literal["3.1.0", "3.0.0"] = "3.1.0",
    view: Literal["server", "client"] = "server",
) -> Json:
    """Write the AsyncAPI document of *channels*, in their order.

    Raises:
        SchemaConversionError: a type says something that the document has no words for.
    """
    uses, described = _describe(channels)
    schemes = [{"$ref": f"#/components/securitySchemes/{each.name}"} for each in security]
    written: dict[str, Json] = {}
    operations: dict[str, Json] = {}
    messages: dict[str, Json] = {}
    for channel, types in zip(channels, uses, strict=True):
        key = _name(channel, written)
        writer = ChannelWriter(key, channel, types, described, view)
        writer.write(schemes)
        written[key] = _channel(key, channel, writer, security)
        operations.update(writer.operations)
        messages.update({f"{key}.{name}": message for name, message in writer.messages.items()})
    components: Json = {
        "messages": messages,
        "schemas": _used(described.components, messages),
        "correlationIds": _correlation_ids(channels),
        "securitySchemes": {each.name: {"type": each.type, **each.details} for each in security},
    }
    return {
        "asyncapi": spec,
        "info": dict(info),
        "defaultContentType": "application/json",
        **({"x-nexws-view": "client"} if view == "client" else {}),
        **({"servers": dict(servers)} if servers else {}),
        "channels": written,
        "operations": operations,
        "components": {name: each for name, each in components.items() if each},
    }


def _describe(channels: Sequence[Channel]) -> tuple[list[ChannelUses], DocumentSchemas]:
    """Describe the types of all channels together, those of the protocol last: they take no name from another."""
    schemas = Schemas()
    uses = [ChannelUses(channel, schemas) for channel in channels]
    for each in uses:
        each.add_reserved()
    return uses, schemas.describe()


def _correlation_ids(channels: Sequence[Channel]) -> dict[str, Json]:
    return {
        correlation_key(each): {"location": f"$message.payload#/{each.contract.envelope.ref}"}
        for each in channels
    }


def _used(schemas: Mapping[str, Json], messages: Mapping[str, Json]) -> dict[str, Json]:
    """Keep the schemas that something refers to; a flat frame has its payload's properties in itself."""
    used: set[str] = set()
    waiting: list[Any] = [messages]
    while waiting:
        for name in _REFERENCE.findall(to_json(waiting.pop()).decode()):
            if name not in used:
                used.add(name)
                waiting.append(schemas.get(name))
    return {name: each for name, each in schemas.items() if name in used}


def _name(channel: Channel, taken: Mapping[str, object]) -> str:
    """Name a channel after its consumer; where two have one name, the later has its module before it.

    There is no dot in it: what is before the first one in the name of a message is the channel.
    """
    name, qualified = (
        _NO_KEY.sub("_", each) for each in (channel.name, f"{channel.qualifier}_{channel.name}")
    )
    numbered = (f"{name}_{number}" for number in count(2))
    return next(each for each in chain((name, qualified), numbered) if each not in taken)


def _channel(key: str, channel: Channel, writer: ChannelWriter, security: Sequence[SecurityScheme]) -> Json:
    contract, envelope = channel.contract, channel.contract.envelope
    handshake = Handshake(channel, security)
    parameters = {name: {"description": f"Type: {kind}"} for name, kind in channel.parameters.items()}
    summary, _, rest = channel.description.partition("\n")
    return {
        "address": channel.address,
        "title": channel.name,
        **({"summary": summary} if summary else {}),
        **({"description": rest.strip()} if rest.strip() else {}),
        **({"parameters": parameters} if parameters else {}),
        "messages": {name: {"$ref": f"#/components/messages/{key}.{name}"} for name in writer.messages},
        "bindings": {"ws": handshake.binding()},
        "x-nexws-encoding": next(iter(contract.codecs)),
        **({"x-nexws-subprotocols": list(channel.subprotocols)} if channel.subprotocols else {}),
        **({"x-nexws-cookies": handshake.cookies} if handshake.cookies else {}),
        "x-nexws-envelope": {
            part: getattr(envelope, part)
            for part in ("event", "data", "ref", "meta", "status", "error", "pos")
        },
        "x-nexws-close-codes": [
            {
                "code": int(code),
                "name": code.name,
                "description": text,
                "reconnect": code in _COME_BACK,
            }
            for code, text in _CLOSINGS.items()
        ],
        "x-nexws-limits": dict(channel.limits),
        **({"x-nexws-history": dict(channel.history)} if channel.history else {}),
    }
