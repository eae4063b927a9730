"""References, and the components that they point to."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from nexws.asyncapi.lint.problems import Problem
from nexws.asyncapi.references import is_list, is_object, is_reference, join, pointed_at, split, table, walk

__all__ = ["component_keys", "not_json", "references", "unused_components"]

_KEY = re.compile(r"[a-zA-Z0-9.\-_]+")
"""What keys of components look like; AsyncAPI 3.1.0, "Components Object"."""

_SAME_INSTANCE = ("not", "if", "then", "else")
_SAME_INSTANCE_EACH = ("allOf", "anyOf", "oneOf")


def not_json(document: Any) -> Iterator[Problem]:
    """Say what no JSON text can hold: YAML knows dates, and keys that are numbers."""
    for where, node in walk(document):
        if is_object(node):
            keys: list[Any] = [*node]
            for key in keys:
                if not isinstance(key, str):
                    yield Problem(where, f"key {key!r} is no text; put it in quotes", "json")
        elif isinstance(node, float) and not math.isfinite(node):
            yield Problem(where, f"{node} is no number that JSON can write", "json")
        elif not isinstance(node, str | int | float | list | None):
            yield Problem(
                where, f"a {type(node).__name__} is nothing that JSON can write; put it in quotes", "json"
            )


def references(document: Any) -> Iterator[Problem]:
    """Check that every reference leads somewhere, within the document; "Reference Object"."""
    for where, node in walk(document):
        if not is_object(node) or "$ref" not in node:
            continue
        target = node["$ref"]
        if not isinstance(target, str):
            yield Problem(where, "key '$ref' is kept for references, so no data may have it", "reference")
            continue
        if len(node) > 1:
            others = ", ".join(repr(key) for key in node if key != "$ref")
            message = f"{others} beside '$ref' means nothing; in a schema, write allOf: [{{$ref: …}}] instead"
            yield Problem(where, message, "reference-siblings", "warning")
        if not target.startswith("#"):
            message = f"{target!r} is outside of this document, where nothing is looked up; put it in here"
            yield Problem(where, message, "remote-reference")
        elif not _leads_somewhere(document, target):
            yield Problem(where, f"{target!r} points at nothing", "dangling-reference")
        elif _applies_itself(document, node):
            yield Problem(where, f"{target!r} leads back here without end", "circular-reference")


def _leads_somewhere(document: Any, target: str) -> bool:
    try:
        pointed_at(document, target)
    except LookupError:
        return False
    return True


def _applies_itself(document: Any, start: Any) -> bool:
    """Tell whether what *start* stands for includes *start*, on the same value: a schema that nothing can check."""
    waiting = [*_applied(document, start)]
    seen: set[int] = set()
    while waiting:
        node = waiting.pop()
        if node is start:
            return True
        if id(node) not in seen:
            seen.add(id(node))
            waiting.extend(_applied(document, node))
    return False


def _applied(document: Any, node: Any) -> Iterator[Any]:
    """Yield what is applied to the same value as *node*."""
    if is_reference(node):
        if _leads_somewhere(document, node["$ref"]):
            yield pointed_at(document, node["$ref"])
    elif is_object(node):
        yield from (node[key] for key in _SAME_INSTANCE if key in node)
        yield from table(node, "dependencies").values()
        for key in _SAME_INSTANCE_EACH:
            if is_list(node.get(key)):
                yield from node[key]


def component_keys(document: Any) -> Iterator[Problem]:
    """Check how components are called; "Components Object"."""
    components = document.get("components")
    for kind, named in components.items() if is_object(components) else ():
        for key in named if is_object(named) else ():
            if not kind.startswith("x-") and not _KEY.fullmatch(key):
                message = f"{key!r} is no key for a component; only A-Z a-z 0-9 . - _ may be in it"
                yield Problem(join("/components", kind, key), message, "component-key")


def unused_components(document: Any) -> Iterator[Problem]:
    """Name the components that nothing refers to, directly or through others that are used."""
    root = {key: value for key, value in document.items() if key != "components"}
    components = document.get("components", {})
    used: set[tuple[str, str]] = set()
    waiting = [root]
    while waiting:
        for _, node in walk(waiting.pop()):
            if not is_reference(node):
                continue
            place, kind, key = (*split(node["$ref"]), "", "", "")[:3]
            if place == "components" and (kind, key) not in used:
                used.add((kind, key))
                waiting.append(components[kind][key])
    for kind, named in components.items():
        for key in named:
            if not kind.startswith("x-") and (kind, key) not in used:
                yield Problem(
                    join("/components", kind, key), "is used nowhere", "unused-component", "warning"
                )
