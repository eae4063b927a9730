"""A document as nexws writes them, and ways to change it."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

__all__ = ["MISSING", "chat", "edited", "plain", "swapped"]

MISSING = object()
"""Stands for what is to be taken out."""

_OK = {"const": "ok"}
_REF = {"type": ["string", "integer"]}


def _frame(event: str, required: list[str], **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"event": {"const": event}, **properties},
        "required": ["event", *required],
        "additionalProperties": False,
    }


def _message(event: str, kind: str, payload: Any, *, correlated: bool = True, **more: Any) -> dict[str, Any]:
    message = {"name": event, "title": event, "contentType": "application/json", "payload": payload, **more}
    if correlated:
        message["correlationId"] = {"$ref": "#/components/correlationIds/ref"}
    return {**message, "x-nexws-kind": kind, "x-nexws-event": event}


def _failure(event: str, *codes: str) -> dict[str, Any]:
    error = {
        "type": "object",
        "properties": {"code": {"enum": list(codes)}, "message": {"type": "string"}},
        "required": ["code", "message"],
    }
    return _message(
        event,
        "failure",
        _frame(event, ["status", "error"], ref=_REF, status={"const": "error"}, error=error),
    )


def _schema(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _operation(action: str, *messages: str, replies: tuple[str, ...] = ()) -> dict[str, Any]:
    channel = {"$ref": "#/channels/Chat"}

    def references(keys: tuple[str, ...]) -> list[dict[str, str]]:
        return [{"$ref": f"#/channels/Chat/messages/{key}"} for key in keys]

    operation = {"action": action, "channel": channel, "messages": references(messages)}
    return (
        {**operation, "reply": {"channel": channel, "messages": references(replies)}}
        if replies
        else operation
    )


def _messages() -> dict[str, Any]:
    count, message = "chat.count", "chat.message"
    return {
        message: _message(
            message,
            "event",
            _frame(message, ["data"], data=_schema("SendMessage"), ref=_REF),
            examples=[
                {"name": "hello", "payload": {"event": message, "data": {"group": "lobby", "text": "hi"}}}
            ],
        ),
        "chat.message.ok": _message(
            message,
            "reply",
            _frame(message, ["ref", "status", "data"], ref=_REF, status=_OK, data=_schema("Receipt")),
        ),
        "chat.message.error": _failure(message, "forbidden", "invalid_payload"),
        count: _message(count, "event", _frame(count, ["ref"], ref=_REF)),
        "chat.count.next": _message(
            count,
            "item",
            _frame(count, ["status", "data"], ref=_REF, status={"const": "next"}, data=_schema("Tick")),
        ),
        "chat.count.done": _message(
            count, "done", _frame(count, ["status"], ref=_REF, status={"const": "done"})
        ),
        "chat.count.error": _failure(count, "internal"),
        "chat.posted.push": _message(
            "chat.posted", "push", _frame("chat.posted", ["data"], data=_schema("Posted")), correlated=False
        ),
    }


def _schemas() -> dict[str, Any]:
    text = {"type": "string", "minLength": 1, "maxLength": 2000}
    return {
        "SendMessage": {
            "type": "object",
            "title": "SendMessage",
            "properties": {
                "group": {"type": "string", "pattern": "^[a-z0-9-]{1,40}$"},
                "text": text,
                "priority": {"enum": ["low", "high"], "default": "low"},
            },
            "required": ["group", "text"],
            "additionalProperties": False,
        },
        "Receipt": {"type": "object", "properties": {"length": {"type": "integer"}}, "required": ["length"]},
        "Tick": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]},
        "Posted": {
            "type": "object",
            "properties": {
                "user": {"type": "string"},
                "text": {"type": "string"},
                "mood": {"enum": ["glad", "sad"]},
                "answers": {"type": "array", "items": _schema("Posted")},
            },
            "required": ["user", "text"],
        },
    }


def _channel() -> dict[str, Any]:
    room = {"type": "object", "properties": {"lang": {"type": "string", "enum": ["de", "en"]}}}
    return {
        "address": "/chat/{group}",
        "title": "Chat",
        "description": "Chat for everyone.",
        "parameters": {"group": {"description": "str", "enum": ["lobby", "attic"]}},
        "messages": {key: {"$ref": f"#/components/messages/Chat.{key}"} for key in _messages()},
        "bindings": {"ws": {"method": "GET", "query": room, "bindingVersion": "0.1.0"}},
        "x-nexws-encoding": "json",
        "x-nexws-subprotocols": ["nexws.json"],
        "x-nexws-envelope": {
            "event": "event",
            "data": "data",
            "ref": "ref",
            "meta": "meta",
            "error": "error",
        },
        "x-nexws-close-codes": [{"code": 4008, "name": "SLOW", "description": "too slow", "reconnect": True}],
        "x-nexws-limits": {"frame_bytes": 65536, "json_depth": 64},
    }


def chat() -> dict[str, Any]:
    """Return a document with an event and its reply, a stream, failures and a push; all of it is right."""
    token = {"type": "http", "scheme": "bearer"}
    document = {
        "asyncapi": "3.1.0",
        "info": {"title": "Chat", "version": "1.0.0"},
        "defaultContentType": "application/json",
        "servers": {
            "default": {
                "host": "localhost:8000",
                "protocol": "ws",
                "security": [{"$ref": "#/components/securitySchemes/token"}],
            }
        },
        "channels": {"Chat": _channel()},
        "operations": {
            "Chat.chat.message": _operation(
                "receive", "chat.message", replies=("chat.message.ok", "chat.message.error")
            ),
            "Chat.chat.count": _operation(
                "receive",
                "chat.count",
                replies=("chat.count.next", "chat.count.done", "chat.count.error"),
            ),
            "Chat.chat.posted.push": _operation("send", "chat.posted.push"),
        },
        "components": {
            "messages": {f"Chat.{key}": message for key, message in _messages().items()},
            "schemas": _schemas(),
            "correlationIds": {"ref": {"location": "$message.payload#/ref"}},
            "securitySchemes": {"token": token},
        },
    }
    parted: dict[str, Any] = json.loads(json.dumps(document))  # so that no part is the same object as another
    return parted


def plain(**more: Any) -> dict[str, Any]:
    """Return the least document, with *more* at its root."""
    return {"asyncapi": "3.1.0", "info": {"title": "t", "version": "1"}, **more}


def edited(document: Any, edits: Mapping[str, Any]) -> Any:
    """Return a copy of *document* in which each path of *edits* has the value; ``/`` parts the keys, ``-`` appends."""
    document = copy.deepcopy(document)
    for path, value in edits.items():
        *way, last = path.split("/")
        node = document
        for key in way:
            node = node[int(key)] if isinstance(node, list) else node.setdefault(key, {})
        if isinstance(node, list):
            node.append(value) if last == "-" else node.__setitem__(int(last), value)
        elif value is MISSING:
            del node[last]
        else:
            node[last] = value
    return document


def swapped(document: Any) -> Any:
    """Return the client's view of a server's document."""
    document = copy.deepcopy(document)
    for operation in document["operations"].values():
        operation["action"] = {"send": "receive", "receive": "send"}[operation["action"]]
    return {**document, "x-nexws-view": "client"}
