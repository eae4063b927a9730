"""Publications as bytes, for layers whose store or bus carries nothing else."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any, Final, cast, get_args

from pydantic_core import from_json, to_json

from nexws.protocol import Command, Publication

__all__ = ["pack_publication", "unpack_publication"]

_FIELDS: Final = ("event", "overflow", "key", "command", "code", "reason")
"""What is written as it is, where it is not what a publication has anyway."""
_DEFAULTS: Final = Publication(consumer="")
_COMMANDS: Final = (None, *get_args(Command))


def pack_publication(publication: Publication) -> bytes:
    """Write *publication*: a line of JSON, and the bodies behind it as they are."""
    bodies = [(encoding, *_kind_and_bytes(body)) for encoding, body in publication.bodies.items()]
    head: dict[str, Any] = {"consumer": publication.consumer}
    for name in _FIELDS:
        value = getattr(publication, name)
        if value != getattr(_DEFAULTS, name):
            head[name] = value
    for name in ("exclude", "to"):
        value = getattr(publication, name)
        if value is not None:
            head[name] = str(value)
    head["bodies"] = [[encoding, kind, len(body)] for encoding, kind, body in bodies]
    return b"".join((to_json(head), b"\n", *(body for _, _, body in bodies)))


def unpack_publication(packed: bytes) -> Publication:
    """Read what ``pack_publication`` wrote, by this version or another: fields that are not known are passed over.

    Raises:
        ValueError: it is nothing of the kind, or a command that is not known.
    """
    line, _, rest = packed.partition(b"\n")
    try:
        head: Any = from_json(line)
        if head.get("command") not in _COMMANDS:
            raise ValueError("a command that is not known")
        addresses = {name: uuid.UUID(head[name]) for name in ("exclude", "to") if name in head}
        return Publication(
            consumer=head["consumer"],
            bodies=dict(_bodies(head["bodies"], rest)),
            **{name: head[name] for name in _FIELDS if name in head},
            **cast("Any", addresses),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("no publication") from error


def _kind_and_bytes(body: str | bytes) -> tuple[str, bytes]:
    return ("bytes", body) if isinstance(body, bytes) else ("text", body.encode())


def _bodies(described: list[tuple[str, str, int]], rest: bytes) -> Iterator[tuple[str, str | bytes]]:
    at = 0
    for encoding, kind, size in described:
        body = rest[at : at + size]
        at += size
        yield encoding, body.decode() if kind == "text" else body
    if at != len(rest):
        raise ValueError("no publication: its bodies are of another size")
