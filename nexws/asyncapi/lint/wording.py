"""The errors of a JSON Schema validator, as sentences about the one thing to change."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from nexws.asyncapi.lint.validator import is_known
from nexws.asyncapi.references import table

if TYPE_CHECKING:
    from jsonschema import ValidationError

__all__ = ["listed", "nearest", "sentences", "shown"]

_ALTERNATIVES = ("anyOf", "oneOf")
_KINDS = {
    "array": "an array",
    "boolean": "a boolean",
    "integer": "an integer",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a string",
}


def shown(value: Any) -> str:
    """Write a value as JSON, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"


def listed(values: Iterable[Any]) -> str:
    """Write several values, with *or* before the last."""
    *most, last = dict.fromkeys(shown(value) for value in values)
    return f"{', '.join(most)} or {last}" if most else last


def nearest(error: ValidationError) -> Iterator[ValidationError]:
    """Yield what is wrong with the alternative that was meant, where *error* is that none of several fits.

    That is the one whose ``type``, or whatever else tells the alternatives apart, is right; of several such the one
    with the fewest errors. If there is none, then that is the error.
    """
    meant = [
        branch for branch in _branches(error) if not any(_is_of_other_kind(each, error) for each in branch)
    ]
    if not meant:
        yield error
        return
    for each in min(meant, key=len):
        yield from nearest(each)


def _branches(error: ValidationError) -> list[list[ValidationError]]:
    """Return the errors of each alternative, if *error* is about such."""
    branches: dict[Any, list[ValidationError]] = {}
    for each in (error.context or ()) if error.validator in _ALTERNATIVES else ():
        branches.setdefault(each.schema_path[0], []).append(each)
    return list(branches.values())


def _is_of_other_kind(error: ValidationError, choice: ValidationError) -> bool:
    """Tell whether *error* says that another alternative of *choice* was meant."""
    branches = _branches(error)
    if branches:
        return all(any(_is_of_other_kind(each, choice) for each in branch) for branch in branches)
    if error.validator == "type":
        return error.absolute_path == choice.absolute_path
    return error.validator == "not" or (_is_choice(error) and [*error.absolute_path] == _told_by(choice))


def _told_by(choice: ValidationError) -> list[Any]:
    """Return the path of what tells the alternatives apart: the constants that most of them miss."""
    own = tuple(choice.absolute_path)
    paths = Counter(tuple(leaf.absolute_path) for leaf in _leaves(choice) if _is_choice(leaf))
    return [*next((path for path, _ in paths.most_common() if path != own), ())]


def _is_choice(error: ValidationError) -> bool:
    return error.validator in {"const", "enum"}


def sentences(error: ValidationError) -> Iterator[tuple[tuple[object, ...], str]]:
    """Yield the path within the checked value and a sentence, for each thing that *error* is about."""
    path = tuple(error.absolute_path)
    value: Any = error.instance
    expected: Any = error.validator_value
    if error.validator == "required":
        yield from ((path, f"{key!r} is missing") for key in expected if key not in value)
    elif error.validator == "additionalProperties" and expected is False:
        yield from (
            ((*path, key), _unknown(key, error.schema)) for key in value if not is_known(key, error.schema)
        )
    elif error.validator == "type":
        yield path, f"must be {_kinds(expected)}, is {_kind(value)}"
    elif _is_choice(error):
        yield path, f"must be {listed(_allowed(error))}, is {shown(value)}"
    elif error.validator == "oneOf" and not error.context:
        yield path, "fits more than one of the alternatives"
    elif _branches(error):
        yield from _no_alternative(error)
    elif error.validator in {"pattern", "minLength", "maxLength", "minItems", "maxItems"}:
        yield path, f"is {shown(value)}, which does not fit {error.validator} {shown(expected)}"
    else:
        yield path, error.message if len(error.message) <= 120 else f"does not fit {error.validator}"


def _no_alternative(error: ValidationError) -> Iterator[tuple[tuple[object, ...], str]]:
    """Tell by what the alternatives are told apart, when the value is none of them."""
    leaves = [*_leaves(error)]
    at = _told_by(error)
    same = [leaf for leaf in leaves if at and _is_choice(leaf) and [*leaf.absolute_path] == at]
    if same:
        allowed = [value for leaf in same for value in _allowed(leaf)]
        yield tuple(at), f"must be {listed(allowed)}, is {shown(same[0].instance)}"
        return
    types: list[Any] = [leaf.validator_value for leaf in leaves if leaf.validator == "type"]
    kinds = [kind for each in types for kind in ([each] if isinstance(each, str) else each)]
    path = tuple(error.absolute_path)
    if kinds:
        yield path, f"must be {_kinds(kinds)}, is {_kind(error.instance)}"
    else:
        yield path, "fits none of the alternatives"


def _allowed(error: ValidationError) -> list[Any]:
    allowed: Any = error.validator_value
    values: list[Any] = allowed if error.validator == "enum" else [allowed]
    return values


def _leaves(error: ValidationError) -> Iterator[ValidationError]:
    if not error.context:
        yield error
    for each in error.context or ():
        yield from _leaves(each)


def _unknown(key: str, schema: Any) -> str:
    close = get_close_matches(key, [*table(schema, "properties")], n=1)
    return f"{key!r} is not known here" + (f"; is {close[0]!r} meant?" if close else "")


def _kinds(types: str | list[str]) -> str:
    names = [types] if isinstance(types, str) else types
    *most, last = dict.fromkeys(_KINDS.get(name, name) for name in names)
    return f"{', '.join(most)} or {last}" if most else last


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return _KINDS["boolean"]
    kinds = {
        dict: "object",
        list: "array",
        str: "string",
        int: "integer",
        float: "number",
        type(None): "null",
    }
    return _KINDS[kinds[type(value)]]
