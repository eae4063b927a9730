"""References within one document: where they are, and what they stand for.

A reference is an object with the key ``$ref``, wherever it stands: the tools of AsyncAPI resolve those in examples and
extensions too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeGuard
from urllib.parse import unquote

__all__ = [
    "NOWHERE",
    "follow",
    "is_list",
    "is_object",
    "is_reference",
    "join",
    "key_of",
    "object_at",
    "pointed_at",
    "split",
    "table",
    "walk",
]


def is_object(node: Any) -> TypeGuard[dict[str, Any]]:
    """Tell whether *node* is an object, as JSON calls it."""
    return isinstance(node, dict)


def is_list(node: Any) -> TypeGuard[list[Any]]:
    """Tell whether *node* is an array, as JSON calls it."""
    return isinstance(node, list)


def join(where: str, *keys: object) -> str:
    """Extend the JSON pointer *where* by *keys*, escaped as RFC 6901 wants it."""
    return where + "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in keys)


def split(reference: str) -> list[str]:
    """Take the keys out of a local reference, ``#/…``, or of a JSON pointer, ``/…``."""
    keys = unquote(reference[1:]) if reference.startswith("#") else reference
    return [key.replace("~1", "/").replace("~0", "~") for key in keys.split("/")[1:]]


def table(node: Any, key: str) -> dict[str, Any]:
    """Return the object at *key*; an empty one, if there is none."""
    found = node.get(key)
    return found if is_object(found) else {}


def is_reference(node: Any) -> bool:
    """Tell whether *node* only stands for something else."""
    return is_object(node) and isinstance(node.get("$ref"), str)


def key_of(reference: Any) -> str:
    """Return the last key of what a reference points at; no key, if it is none."""
    keys = split(reference["$ref"]) if is_reference(reference) else []
    return keys[-1] if keys else ""


def walk(node: Any, where: str = "") -> Iterator[tuple[str, Any]]:
    """Yield *node* and everything below it, each with its JSON pointer."""
    yield where, node
    below: Iterable[tuple[object, Any]] = ()
    if is_object(node):
        below = node.items()
    elif is_list(node):
        below = enumerate(node)
    for key, value in below:
        yield from walk(value, join(where, key))


def pointed_at(document: Any, reference: str) -> Any:
    """Return what a local reference points at, which may be a reference again.

    The way there may lead through other references: ``#/channels/chat/messages/hello`` is found where
    ``channels.chat`` itself is a reference.

    Raises:
        LookupError: nothing is there, or *reference* is not local.
    """
    return _step(document, reference, ())


def _step(document: Any, reference: str, passed: tuple[str, ...]) -> Any:
    """Walk to *reference*; *passed* are the references whose targets are being looked for meanwhile."""
    if reference == "#":
        return document
    if not reference.startswith("#/") or reference in passed:
        raise LookupError(reference)
    node = document
    for key in split(reference):
        on_the_way = (*passed, reference)
        while is_reference(node):
            target = node["$ref"]
            node = _step(document, target, on_the_way)
            on_the_way = (*on_the_way, target)
        if is_object(node) and key in node:
            node = node[key]
        elif is_list(node) and key.isdecimal() and int(key) < len(node):
            node = node[int(key)]
        else:
            raise LookupError(reference)
    return node


NOWHERE: dict[str, Any] = {}
"""What a reference stands for that leads nowhere, or in a circle."""


def follow(document: Any, node: Any) -> Any:
    """Return what *node* stands for: itself, if it is no reference.

    A reference that leads nowhere, or in a circle, stands for ``NOWHERE``, an empty object.
    """
    passed: set[str] = set()
    while is_reference(node):
        if node["$ref"] in passed:
            return NOWHERE
        passed.add(node["$ref"])
        try:
            node = pointed_at(document, node["$ref"])
        except LookupError:
            return NOWHERE
    return node


def object_at(document: Any, node: Any) -> dict[str, Any]:
    """Return the object that *node* stands for; ``NOWHERE``, if that is no object."""
    found = follow(document, node)
    return found if is_object(found) else NOWHERE
