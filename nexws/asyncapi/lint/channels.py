"""Servers, channels and operations, and how they belong together.

The rules are from the AsyncAPI specification 3.1.0, in the section that each docstring names, or from the WebSockets
bindings 0.1.0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from nexws.asyncapi.lint.problems import Problem
from nexws.asyncapi.lint.wording import listed, shown
from nexws.asyncapi.references import is_list, is_reference, join, object_at, split, table

__all__ = ["addresses", "bindings", "each", "operations", "servers"]

_VARIABLE = re.compile(r"\{([^{}]+)\}")


def each(document: Any, kind: str) -> Iterator[tuple[str, Any]]:
    """Yield all objects of one kind where they are defined: at the root, in components, messages in channels too."""
    places = [(f"/{kind}", table(document, kind))]
    places += [(f"/components/{kind}", table(table(document, "components"), kind))]
    if kind == "messages":
        channels = each(document, "channels")
        places += [(f"{where}/messages", table(channel, "messages")) for where, channel in channels]
    for place, objects in places:
        for key, value in objects.items():
            if not is_reference(value):
                yield join(place, key), value


def servers(document: Any) -> Iterator[Problem]:
    """Check the variables of servers; "Server Object", "Server Variable Object"."""
    for where, server in each(document, "servers"):
        variables = server.get("variables", {})
        used = _VARIABLE.findall(server["host"] + server.get("pathname", ""))
        for name in used:
            if name not in variables:
                yield Problem(where, f"{{{name}}} is not explained in 'variables'", "server-variables")
        for name, variable in variables.items():
            at = join(where, "variables", name)
            if name not in used:
                message = f"{{{name}}} is neither in the host nor in the pathname"
                yield Problem(at, message, "server-variables", "warning")
            yield from _choices(at, object_at(document, variable))


def addresses(document: Any) -> Iterator[Problem]:
    """Check addresses, their parameters and the servers of channels; "Channel Object", "Parameters Object"."""
    for where, channel in each(document, "channels"):
        address = channel.get("address") or ""
        parameters = channel.get("parameters", {})
        used = _VARIABLE.findall(address)
        if "?" in address or "#" in address:
            message = "has a query or a fragment; describe a query in the ws binding of the channel"
            yield Problem(f"{where}/address", message, "address-query")
        for name in used:
            if name not in parameters:
                yield Problem(where, f"{{{name}}} is not explained in 'parameters'", "address-parameters")
        for name, parameter in parameters.items():
            at = join(where, "parameters", name)
            if name not in used:
                yield Problem(at, f"{{{name}}} is not in the address {address!r}", "address-parameters")
            yield from _choices(at, object_at(document, parameter))
        for index, server in enumerate(channel.get("servers", [])):
            if where.startswith("/channels/") and not _is_in(server, "servers"):
                at = join(where, "servers", index)
                yield Problem(at, "must be a reference to one of '#/servers'", "channel-servers")


def _choices(where: str, variable: Any) -> Iterator[Problem]:
    """Check the values that a parameter or a variable names against its own ``enum``."""
    allowed = variable.get("enum")
    values = [("default", variable["default"])] if "default" in variable else []
    values += [(f"examples/{index}", value) for index, value in enumerate(variable.get("examples", []))]
    for key, value in values:
        if allowed and value not in allowed:
            message = f"must be {listed(allowed)}, is {shown(value)}"
            yield Problem(f"{where}/{key}", message, "default" if key == "default" else "example")


def _is_in(reference: Any, *place: str) -> bool:
    return tuple(split(reference["$ref"])[:-1]) == place


def operations(document: Any) -> Iterator[Problem]:
    """Check that operations and replies speak of their own channel's messages.

    "Operation Object", "Operation Reply Object".
    """
    for where, operation in each(document, "operations"):
        if where.startswith("/operations/") and not _is_in(operation["channel"], "channels"):
            yield Problem(
                f"{where}/channel", "must be a reference to one of '#/channels'", "operation-channel"
            )
        yield from _messages(document, where, operation, "operation-messages")
        if "reply" in operation and not is_reference(operation["reply"]):
            yield from _reply(document, f"{where}/reply", operation["reply"])
    for where, reply in each(document, "replies"):
        yield from _reply(document, where, reply)


def _reply(document: Any, where: str, reply: Any) -> Iterator[Problem]:
    if "channel" not in reply:
        if reply.get("messages"):
            yield Problem(where, "has messages and no 'channel' to which they belong", "reply-messages")
        return
    yield from _messages(document, where, reply, "reply-messages")
    address = object_at(document, reply["channel"]).get("address")
    if "address" in reply and address is not None:
        message = (
            f"the channel's own address is {address!r}, and must be null where the reply says its address"
        )
        yield Problem(f"{where}/address", message, "reply-address")


def _messages(document: Any, where: str, speaker: Any, rule: str) -> Iterator[Problem]:
    channel = speaker["channel"]
    for index, message in enumerate(speaker.get("messages", [])):
        if not _is_in(message, *split(channel["$ref"]), "messages"):
            text = f"{message['$ref']!r} is no reference to a message of {channel['$ref']!r}"
            yield Problem(f"{where}/messages/{index}", text, rule)


def bindings(document: Any) -> Iterator[Problem]:
    """Check the WebSockets bindings: only those of channels say anything, and only in primitive values."""
    for where, channel in each(document, "channels"):
        at, binding = _ws(document, where, channel)
        for part in ("query", "headers"):
            if part in binding:
                yield from _handshake(document, f"{at}/{part}", binding[part])
    for kind in ("servers", "operations", "messages", "operationTraits", "messageTraits"):
        for where, owner in each(document, kind):
            at, binding = _ws(document, where, owner)
            if binding:
                yield Problem(
                    at, "must be empty: only the ws binding of a channel can say anything", "ws-reserved"
                )


def _ws(document: Any, where: str, owner: Any) -> tuple[str, Any]:
    return f"{where}/bindings/ws", table(object_at(document, owner.get("bindings")), "ws")


def _handshake(document: Any, where: str, reference: Any) -> Iterator[Problem]:
    schema = object_at(document, reference)
    if schema.get("type") != "object" or "properties" not in schema:
        yield Problem(where, "must be a schema of type object with 'properties'", "ws-binding")
        return
    for name, value in schema["properties"].items():
        if not (_is_primitive(document, value) or _is_repeated(document, value)):
            at = join(where, "properties", name)
            message = (
                "must be a text, a number or a boolean, or a list of such: no other fits a URL or a header"
            )
            yield Problem(at, message, "ws-binding")


def _is_repeated(document: Any, reference: Any) -> bool:
    """Tell whether a value may stand several times: as a list, each of whose items fits."""
    schema = object_at(document, reference)
    items = schema.get("items", [])
    members = items if is_list(items) else [items]
    return (
        schema.get("type") == "array"
        and bool(members)
        and all(_is_primitive(document, each) for each in members)
    )


def _is_primitive(document: Any, reference: Any) -> bool:
    schema = object_at(document, reference)
    types = schema.get("type", [])
    if {"array", "object"} & {*([types] if isinstance(types, str) else types)} or {"items", "properties"} & {
        *schema
    }:
        return False
    members = [member for key in ("allOf", "anyOf", "oneOf") for member in schema.get(key, [])]
    return all(_is_primitive(document, member) for member in members)
