"""Schemas, and the values beside them that claim to fit: defaults and examples."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from nexws.asyncapi.lint.channels import each
from nexws.asyncapi.lint.problems import Problem
from nexws.asyncapi.lint.validator import Errors, draft7
from nexws.asyncapi.lint.wording import nearest, sentences
from nexws.asyncapi.payloads import schema_of
from nexws.asyncapi.references import is_list, is_object, is_reference, join, object_at, table

__all__ = ["schemas"]

_ONE = (
    "additionalItems", "additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then"
)  # fmt: skip
_LIST = ("allOf", "anyOf", "items", "oneOf")
_MAP = ("definitions", "dependencies", "patternProperties", "properties")
_DATA = {"const", "default", "enum", "examples"}

_PYTHON_ONLY = re.compile(r"\\[AZ]|\(\?P[<=]|\(\?[aiLmsux]+\)")


def schemas(document: Any) -> Iterator[Problem]:
    """Check that examples fit what they are examples of, and defaults likewise; that patterns can be read by others.

    Sources: "Message Example Object" and, for schemas, JSON Schema draft-07 (validation), 10.2 and 10.4; 6.3.3 has
    patterns in the dialect of ECMA-262.
    """
    document = _undeclared(document)
    errors = draft7(document)
    for where, root in _roots(document):
        for at, schema in _subschemas(where, root):
            yield from _values(errors, at, schema)
            if isinstance(pattern := schema.get("pattern"), str) and _PYTHON_ONLY.search(
                pattern.replace(r"\\", "")
            ):
                message = "only Python reads this pattern; JSON Schema has those of JavaScript"
                yield Problem(f"{at}/pattern", message, "pattern", "warning")
    for where, message in each(document, "messages"):
        for index, example in enumerate(message.get("examples", [])):
            for part in ("payload", "headers"):
                schema = schema_of(message.get(part))
                if part in example and schema is not None:
                    at = f"{where}/examples/{index}/{part}"
                    yield from _misfits(errors, schema, example[part], at, "example")


def _undeclared(node: Any) -> Any:
    """Copy *node* without ``$schema``, so that no schema is read by the rules of another draft than the rest."""
    if is_list(node):
        return [_undeclared(value) for value in node]
    if not is_object(node):
        return node
    return {
        key: value if key in _DATA else _undeclared(value)
        for key, value in node.items()
        if key != "$schema" or not isinstance(value, str)
    }


def _roots(document: Any) -> Iterator[tuple[str, Any]]:
    for where, schema in each(document, "schemas"):
        yield where, schema_of(schema)
    for kind in ("messages", "messageTraits"):
        for where, message in each(document, kind):
            for part in ("payload", "headers"):
                yield f"{where}/{part}", schema_of(message.get(part))
    for where, channel in each(document, "channels"):
        binding = table(object_at(document, channel.get("bindings")), "ws")
        for part in ("query", "headers"):
            yield f"{where}/bindings/ws/{part}", binding.get(part)


def _subschemas(where: str, schema: Any) -> Iterator[tuple[str, Any]]:
    """Yield *schema* and the schemas written within it, but not those that are referred to."""
    if not is_object(schema) or is_reference(schema):
        return
    yield where, schema
    for key in _ONE:
        yield from _subschemas(join(where, key), schema.get(key))
    for key in _LIST:
        members = schema.get(key)
        for index, member in enumerate(members if is_list(members) else ()):
            yield from _subschemas(join(where, key, index), member)
    for key in _MAP:
        for name, member in schema.get(key, {}).items():
            yield from _subschemas(join(where, key, name), member)


def _values(errors: Errors, where: str, schema: Any) -> Iterator[Problem]:
    if "default" in schema:
        yield from _misfits(errors, schema, schema["default"], f"{where}/default", "default")
    for index, value in enumerate(schema.get("examples", [])):
        yield from _misfits(errors, schema, value, f"{where}/examples/{index}", "example")


def _misfits(errors: Errors, schema: Any, value: Any, where: str, rule: str) -> Iterator[Problem]:
    for error in errors(schema, value):
        for each_error in nearest(error):
            for path, sentence in sentences(each_error):
                yield Problem(join(where, *path), sentence, rule)
