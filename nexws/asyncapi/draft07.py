"""From JSON Schema 2020-12, which Pydantic writes, to draft-07, which AsyncAPI reads."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final, NamedTuple, NoReturn, TypeAlias, cast

from nexws.asyncapi.literals import copy_literal, is_masked
from nexws.asyncapi.patterns import is_ecma

__all__ = ["NO_JSON", "NO_SCHEMA", "Schema", "UnconvertibleError", "convert"]

Schema: TypeAlias = dict[str, Any]

NO_SCHEMA: Final = "$nexws.no-schema"
"""The keyword that stands in a schema where there is none; its value says of what."""

NO_JSON: Final = "$nexws.no-json"
"""The keyword that stands where a program has added to a schema what is no JSON."""

_NULL = {"type": "null"}
_PRIMITIVES = ("string", "integer", "number", "boolean")
# These say nothing about null, so it may join the type that they stand beside.
_SILENT_ABOUT_NULL = {
    *("contentEncoding", "contentMediaType", "format", "maxLength", "minLength", "pattern", "type"),
    *("exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf"),
    *("deprecated", "description", "examples", "readOnly", "title", "writeOnly"),
}


class UnconvertibleError(Exception):
    """A schema says something that draft-07 has no words for."""

    def __init__(self, path: str, problem: str, fix: str) -> None:
        super().__init__(path, problem, fix)
        self.path = path
        self.problem = problem
        self.fix = fix


def convert(schema: Schema, path: str, definitions: Mapping[str, Schema]) -> tuple[Schema, list[Schema]]:
    """Convert *schema*, which stands at *path*, and return it with the references in it.

    Each reference is a part of the result, ``{"$ref": key}`` and nothing else, with a key of *definitions*.
    The result shares nothing with *schema*.

    Raises:
        UnconvertibleError: *schema* says something that draft-07 has no words for.
    """
    conversion = _Conversion(definitions)
    return cast("Schema", conversion.convert(schema, path)), conversion.references


class _Conversion:
    """Walks one schema: what is a schema in it as schemas, what is data as data."""

    def __init__(self, definitions: Mapping[str, Schema]) -> None:
        self.definitions = definitions
        self.references: list[Schema] = []

    def convert(self, schema: object, path: str) -> Schema | bool:
        if isinstance(schema, bool):
            return schema
        if not isinstance(schema, dict):
            raise UnconvertibleError(path, f"has {schema!r} for a schema", "write a dict or a bool")
        source, out = cast("Schema", schema), Schema()
        for name, value in source.items():
            if not isinstance(cast("object", name), str):
                raise UnconvertibleError(path, f"has the keyword {name!r}", "write text")
            shape = _SHAPES.get(name, object)
            if not isinstance(value, shape):
                problem = f"has {value!r} for {name!r}"
                raise UnconvertibleError(path, problem, f"write a {shape.__name__}")
            _RULES.get(name, _annotation)(_Keyword(name, value, source, out, path, self))
        return self._refer(out) if "$ref" in out else _with_null(out)

    def _refer(self, out: Schema) -> Schema:
        """Part a reference from its siblings, which whoever follows it ignores."""
        reference: Schema = {"$ref": out.pop("$ref")}
        self.references.append(reference)
        if not out:
            return reference
        return {"allOf": [reference, *out.pop("allOf", ())], **out}


def _with_null(out: Schema) -> Schema:
    """Write a primitive or null as one type, which is shown better than a union."""
    branches = out.get("anyOf", ())
    if len(branches) != 2 or _NULL not in branches:
        return out
    plain = branches[branches[0] == _NULL]
    if isinstance(plain, bool) or plain.get("type") not in _PRIMITIVES or plain.keys() & out.keys():
        return out
    if not all(key in _SILENT_ABOUT_NULL or key.startswith("x-") for key in plain):
        return out
    del out["anyOf"]
    return {**plain, "type": [plain["type"], "null"], **out}


class _Keyword(NamedTuple):
    """One keyword of the schema *source*; what it says goes to *out*."""

    name: str
    value: Any
    source: Schema
    out: Schema
    path: str
    conversion: _Conversion

    def convert(self, schema: object, step: str = "") -> Schema | bool:
        return self.conversion.convert(schema, self.path + step)

    def members(self) -> Schema:
        """Return the value, in which each key is a name of the program's."""
        if "$ref" in self.value:
            problem = "has a property named '$ref', which the readers of a document take for a reference"
            self.refuse(problem, "give it another alias")
        named = cast("dict[object, Any]", self.value)
        unnamed = next((name for name in named if not isinstance(name, str)), None)
        if unnamed is not None:
            self.refuse(f"has a property named {unnamed!r}", "write text")
        return cast("Schema", named)

    def refuse(self, problem: str, fix: str) -> NoReturn:
        raise UnconvertibleError(self.path, problem, fix)


# --- data ---


def _annotation(keyword: _Keyword) -> None:
    """Take over what needs no conversion, unless it is data that cannot be shown."""
    with suppress(ValueError):
        keyword.out[keyword.name] = copy_literal(keyword.value)


def _comparison(keyword: _Keyword) -> None:
    try:
        keyword.out[keyword.name] = copy_literal(keyword.value)
    except ValueError:
        problem = "allows a value that has no JSON, or has a key '$ref'"
        keyword.refuse(problem, "allow something simpler")


def _default(keyword: _Keyword) -> None:
    if not _is_secret(keyword.source) and not is_masked(keyword.value):
        _annotation(keyword)


def _is_secret(schema: Schema) -> bool:
    if schema.get("format") == "password":
        return True
    branches = (each for name in ("allOf", "anyOf", "oneOf") for each in schema.get(name, ()))
    return any(_is_secret(each) for each in branches if not isinstance(each, bool))


def _examples(keyword: _Keyword) -> None:
    """Keep the examples that can be shown; ``example`` is OpenAPI's word for a single one."""
    given = [keyword.value] if keyword.name == "example" else keyword.value
    for each in given:
        with suppress(ValueError):
            keyword.out["examples"] = [*keyword.out.get("examples", ()), copy_literal(each)]


def _pattern(keyword: _Keyword) -> None:
    keyword.out["pattern" if is_ecma(keyword.value) else "x-python-pattern"] = keyword.value


def _bound(keyword: _Keyword) -> None:
    if isinstance(keyword.value, bool):
        keyword.refuse(f"has a boolean for {keyword.name!r}", "write the bound itself")
    _number(keyword)


def _number(keyword: _Keyword) -> None:
    """Take over a bound, unless it is infinite or NaN and bounds nothing."""
    if not isinstance(keyword.value, (int, float)):
        keyword.refuse(f"has {keyword.value!r} for {keyword.name!r}", "write a number")
    _annotation(keyword)


# --- schemas ---


def _schema(keyword: _Keyword) -> None:
    keyword.out[keyword.name] = keyword.convert(keyword.value)


def _values(keyword: _Keyword) -> None:
    keyword.out[keyword.name] = keyword.convert(keyword.value, ".*")


def _content(keyword: _Keyword) -> None:
    keyword.out["x-content-schema"] = keyword.convert(keyword.value)


def _properties(keyword: _Keyword) -> None:
    members = keyword.members().items()
    keyword.out[keyword.name] = {name: keyword.convert(each, f".{name}") for name, each in members}


def _patterns(keyword: _Keyword) -> None:
    members = keyword.members()
    for pattern in members:
        if not is_ecma(pattern):
            problem = f"has keys that match {pattern!r}, which only Python or Rust can read"
            keyword.refuse(problem, "write the pattern as ECMA-262 has it")
    keyword.out[keyword.name] = {name: keyword.convert(each, ".*") for name, each in members.items()}


def _dependencies(keyword: _Keyword) -> None:
    """Say under one keyword what a property brings with it: properties, a schema, or both."""
    dependencies = keyword.out.setdefault("dependencies", {})
    for name, value in keyword.members().items():
        needed = keyword.convert({"required": cast("Any", value)} if isinstance(value, list) else value)
        dependencies[name] = {"allOf": [dependencies[name], needed]} if name in dependencies else needed


def _items(keyword: _Keyword) -> None:
    """Say what all items are, or those after a tuple's own."""
    if isinstance(keyword.value, list):  # draft-07 already
        keyword.out["items"] = _numbered(keyword)
    else:
        name = "additionalItems" if "prefixItems" in keyword.source else "items"
        keyword.out[name] = keyword.convert(keyword.value, "[]")


def _prefix_items(keyword: _Keyword) -> None:
    keyword.out["items"] = _numbered(keyword)
    if "items" not in keyword.source and keyword.source.get("maxItems", math.inf) <= len(keyword.value):
        keyword.out["additionalItems"] = False  # so says maxItems, but readers look here for a closed tuple


def _numbered(keyword: _Keyword) -> list[Schema | bool]:
    return [keyword.convert(each, f"[{number}]") for number, each in enumerate(keyword.value)]


def _additional_items(keyword: _Keyword) -> None:
    if "prefixItems" not in keyword.source:  # beside it, the word means nothing
        keyword.out[keyword.name] = keyword.convert(keyword.value, "[]")


# --- references and unions ---


def _reference(keyword: _Keyword) -> None:
    if keyword.value not in keyword.conversion.definitions:
        problem = f"refers to {keyword.value!r}, which is not in the document"
        keyword.refuse(problem, "use the model as a type")
    keyword.out["$ref"] = keyword.value


def _union(keyword: _Keyword) -> None:
    members: list[Any] = keyword.value
    name = _tag(keyword)
    if name is not None and keyword.name != "allOf":
        definitions = keyword.conversion.definitions
        members = [_requiring(name, each, definitions) for each in members]
    keyword.out[keyword.name] = [keyword.convert(each) for each in members]


def _discriminator(keyword: _Keyword) -> None:
    """Leave a hint: the keyword is OpenAPI's, and ``const`` tells the members apart."""
    name = _tag(keyword)
    if name is not None:
        keyword.out["x-discriminator"] = name


def _tag(keyword: _Keyword) -> str | None:
    """Find the property that tells the members of a union apart, if every member has it."""
    given = keyword.source.get("discriminator")
    name = cast("Schema", given).get("propertyName") if isinstance(given, dict) else given
    if isinstance(name, str) and _has(name, keyword.source, keyword.conversion.definitions, frozenset()):
        return name
    return None


def _has(name: str, schema: Any, definitions: Mapping[str, Schema], seen: frozenset[str]) -> bool:
    if isinstance(schema, bool):
        return False
    reference = schema.get("$ref")
    if reference in definitions and reference not in seen:
        return _has(name, definitions[reference], definitions, seen | {reference})
    branches = schema.get("oneOf", schema.get("anyOf", ()))
    everywhere = bool(branches) and all(_has(name, each, definitions, seen) for each in branches)
    return everywhere or name in schema.get("properties", ())


def _requiring(name: str, member: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """Require the tag of *member* here, not where it is defined: it is used without a tag, too."""
    if name in definitions.get(member.get("$ref", ""), member).get("required", ()):
        return member
    return {**member, "required": [*member.get("required", ()), name]}


# --- what is not said ---


def _forget(_keyword: _Keyword) -> None:
    """Drop what the conversion itself has made untrue."""


def _refuse(keyword: _Keyword) -> None:
    keyword.refuse(f"uses {keyword.name!r}, which draft-07 does not know", _INSTEAD[keyword.name])


def _no_schema(keyword: _Keyword) -> None:
    fix = "annotate it with WithJsonSchema({...}), or leave it out with SkipJsonSchema"
    keyword.refuse(f"is {keyword.value}, for which there is no JSON Schema", fix)


def _no_json(keyword: _Keyword) -> None:
    keyword.refuse(f"has {keyword.value} that is no JSON", "write text, numbers, lists and dicts of such")


_AS_TYPE = "use the model as a type"
_INSTEAD = {
    **dict.fromkeys(("$anchor", "$dynamicAnchor", "$dynamicRef", "$id", "$recursiveAnchor"), _AS_TYPE),
    **dict.fromkeys(("$defs", "$recursiveRef", "definitions"), _AS_TYPE),
    **dict.fromkeys(("maxContains", "minContains"), "check it in a validator"),
    "$vocabulary": "remove it",
    "nullable": "add None to the type",
    "unevaluatedItems": "write 'items' beside 'prefixItems'",
    "unevaluatedProperties": "write 'additionalProperties', or configure the model's 'extra'",
}
_SHAPES: dict[str, type] = {
    **dict.fromkeys(("allOf", "anyOf", "examples", "oneOf", "prefixItems"), list),
    **dict.fromkeys(("dependencies", "dependentRequired", "dependentSchemas", "patternProperties"), dict),
    **dict.fromkeys(("$ref", "format", "pattern"), str),
    "properties": dict,
}
_RULES: dict[str, Callable[[_Keyword], None]] = {
    **dict.fromkeys(_INSTEAD, _refuse),
    **dict.fromkeys(("allOf", "anyOf", "oneOf"), _union),
    **dict.fromkeys(("const", "enum"), _comparison),
    **dict.fromkeys(("contains", "else", "if", "not", "propertyNames", "then"), _schema),
    **dict.fromkeys(("dependencies", "dependentRequired", "dependentSchemas"), _dependencies),
    **dict.fromkeys(("example", "examples"), _examples),
    **dict.fromkeys(("exclusiveMaximum", "exclusiveMinimum"), _bound),
    **dict.fromkeys(("maximum", "minimum", "multipleOf"), _number),
    **dict.fromkeys(("maxItems", "maxLength", "maxProperties"), _number),
    **dict.fromkeys(("minItems", "minLength", "minProperties"), _number),
    "$ref": _reference,
    "$schema": _forget,
    "additionalItems": _additional_items,
    "additionalProperties": _values,
    "contentSchema": _content,
    "default": _default,
    "discriminator": _discriminator,
    "items": _items,
    "pattern": _pattern,
    "patternProperties": _patterns,
    "prefixItems": _prefix_items,
    "properties": _properties,
    NO_JSON: _no_json,
    NO_SCHEMA: _no_schema,
}
