"""The official JSON Schema of the document's version."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from nexws.asyncapi.lint.problems import Problem
from nexws.asyncapi.lint.validator import draft7, library
from nexws.asyncapi.lint.wording import nearest, sentences
from nexws.asyncapi.references import NOWHERE, follow, is_reference, join, split

if TYPE_CHECKING:
    from jsonschema import ValidationError

__all__ = ["structure"]

_REFERENCE = {"$ref": "#/definitions/Reference"}


def structure(document: Any) -> Iterator[Problem]:
    """Check *document*, and that each of its references points at the kind of object that belongs there."""
    errors = [*_errors(document)]
    broken = [tuple(error.absolute_path) for error in errors]
    for error in errors:
        value: Any = error.instance
        if error.validator == "oneOf" and is_reference(value):
            target = tuple(split(value["$ref"]))
            if not any(tuple(map(str, path))[: len(target)] == target for path in broken):
                yield Problem(join("", *error.absolute_path), error.message, "reference-kind")
            continue
        for each in nearest(error):
            for path, sentence in sentences(each):
                yield Problem(join("", *path), sentence, "structure")


@cache
def _official(version: str) -> Any:
    packed = (files("nexws.asyncapi") / "_spec" / f"{version}.json.gz").read_bytes()
    return json.loads(gzip.decompress(packed))


def _errors(document: Any) -> Iterator[ValidationError]:
    jsonschema = library()
    judged: dict[tuple[int, str], bool] = {}

    def one_of(validator: Any, choices: list[Any], value: Any, schema: Any) -> Iterator[ValidationError]:
        """Read "a reference or …" as what it means: what the reference stands for must be "…"."""
        objects = [choice for choice in choices if choice != _REFERENCE]
        if len(objects) == len(choices):
            yield from jsonschema.Draft7Validator.VALIDATORS["oneOf"](validator, choices, value, schema)
            return
        expected = objects[0] if len(objects) == 1 else {"oneOf": objects}
        if not is_reference(value):
            yield from validator.descend(value, expected)
            return
        target = follow(document, value)
        known = id(target), json.dumps(expected)
        if known not in judged:
            judged[known] = target is NOWHERE or validator.evolve(schema=expected).is_valid(target)
        if not judged[known]:
            yield jsonschema.ValidationError(f"{value['$ref']!r} points at no {_name(objects[0])}")

    official = _official(document["asyncapi"])
    yield from draft7(official, oneOf=one_of)(official, document)


def _name(schema: Any) -> str:
    """Turn ``#/definitions/channelBindingsObject`` into words."""
    name = schema.get("$ref", "").rpartition("/")[2].removesuffix("Object")
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
