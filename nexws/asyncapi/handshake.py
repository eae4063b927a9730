"""What a channel asks of the handshake: in the words of the WebSockets binding, and cookies beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from nexws.asyncapi.channels import Channel, SecurityScheme
from nexws.asyncapi.frames import Json
from nexws.asyncapi.schemas import Schemas
from nexws.events import Parameters, Place

__all__ = ["Handshake"]

_NULL = {"type": "null"}


class Handshake:
    """The parameters of one channel: of its subprotocols, of whoever asks who the client is, and declared ones."""

    def __init__(self, channel: Channel, security: Sequence[SecurityScheme]) -> None:
        declared: dict[Place, Json] = {"query": {}, "headers": {}, "cookies": {}}
        for parameters in channel.handshake:
            _add(declared[parameters.place], _described(parameters))
        query, headers = _asked_for(channel, security)
        self.query: Json = _merged(query, declared["query"])
        self.headers: Json = _merged(headers, declared["headers"])
        self.cookies: Json = declared["cookies"]
        """The schema of the cookies, for which the binding has no place; empty where there are none."""

    def binding(self) -> Json:
        """Write the binding."""
        return {
            "method": "GET",
            **({"query": self.query} if self.query else {}),
            **({"headers": self.headers} if self.headers else {}),
            "bindingVersion": "0.1.0",
        }


def _asked_for(channel: Channel, security: Sequence[SecurityScheme]) -> tuple[Json, Json]:
    """List what is in the query and the headers though no class declares it."""
    headers: Json = {}
    query: Json = {}
    if channel.subprotocols:
        headers["Sec-WebSocket-Protocol"] = {"type": "string", "enum": list(channel.subprotocols)}
    for scheme in security:
        place, name = scheme.details.get("in"), scheme.details.get("name", "")
        if scheme.type == "httpApiKey" and place in ("header", "query"):
            (headers if place == "header" else query)[name] = {"type": "string"}
    return query, headers


def _merged(properties: Json, declared: Json) -> Json:
    """Put declared parameters behind the others; they go before one of the same name."""
    names = {name.lower() for name in declared.get("properties", ())}
    others = {name: each for name, each in properties.items() if name.lower() not in names}
    if not others and not declared:
        return {}
    return {**declared, "type": "object", "properties": {**others, **declared.get("properties", {})}}


def _add(to: Json, schema: Json) -> None:
    """Ask for what *schema* does, beside what is asked for already."""
    to.update({key: each for key, each in schema.items() if key not in ("properties", "required")})
    to["properties"] = {**to.get("properties", {}), **schema["properties"]}
    required = [*to.pop("required", ()), *schema["required"]]
    if required:
        to["required"] = required


def _described(parameters: Parameters[Any]) -> Json:
    """Describe one declaration as an object, by the names on the wire, with nothing that is elsewhere."""
    schemas = Schemas()
    use = schemas.add(parameters.schema, where=repr(parameters))
    described = schemas.describe()
    schema = _inlined(described.ref_of(use), described.components)
    extra = schema.get("additionalProperties")
    names = {each.key: each.name for each in parameters.by_name.values()}
    return {
        "type": "object",
        "properties": {names[key]: _without_null(each) for key, each in schema["properties"].items()},
        "required": [names[key] for key in schema.get("required", ())],
        **({"additionalProperties": False} if extra is False and parameters.place == "query" else {}),
    }


def _inlined(schema: Any, components: Mapping[str, Json]) -> Any:
    """Put what *schema* refers to in the place of the references; parameters lead back to nothing."""
    if not isinstance(schema, dict):
        return schema
    node = {**cast("Json", schema)}
    if "$ref" in node:
        return _inlined(components[node["$ref"].rpartition("/")[2]], components)
    for key in node.keys() & {"allOf", "anyOf", "items", "oneOf", "properties"}:
        inside: Any = node[key]
        if key == "properties":
            node[key] = {name: _inlined(each, components) for name, each in inside.items()}
        elif isinstance(inside, list):
            node[key] = [_inlined(each, components) for each in cast("Sequence[Any]", inside)]
        else:
            node[key] = _inlined(inside, components)
    if len(node.get("allOf", ())) == 1:  # a reference with words beside it
        (inner,) = node.pop("allOf")
        node = {**inner, **node}
    return node


def _without_null(schema: Json) -> Json:
    """Leave out that a parameter may be null: no text is, and what may be left out is not required."""
    node = {key: each for key, each in schema.items() if not (key == "default" and each is None)}
    kinds: Any = node.get("type")
    if isinstance(kinds, list):
        rest = [each for each in cast("Sequence[str]", kinds) if each != "null"]
        node["type"] = rest[0] if len(rest) == 1 else rest
    for key in ("anyOf", "oneOf"):
        branches = [each for each in node.get(key, ()) if each != _NULL]
        if len(branches) == 1:
            del node[key]
            node = {**branches[0], **node}
        elif branches:
            node[key] = branches
    if "enum" in node:
        node["enum"] = [each for each in node["enum"] if each is not None]
    return node
