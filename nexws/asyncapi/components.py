"""The definitions that a document refers to: which are the same, and what each is called."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field

from nexws.asyncapi.draft07 import Schema, UnconvertibleError, convert
from nexws.asyncapi.generating import Mode, SchemaGenerator, definition_key
from nexws.asyncapi.naming import Names, short_name

__all__ = ["Components"]

_PREFIX = "#/components/schemas/"


@dataclass(slots=True, kw_only=True)
class _Definition:
    """A type in one direction, converted or found to be unconvertible."""

    core_ref: str
    mode: Mode
    name: str
    text: str = ""
    """The schema without what its references lead to."""
    targets: list[str] = field(default_factory=list[str])
    schema: Schema = field(default_factory=Schema)
    references: list[Schema] = field(default_factory=list[Schema])
    problem: UnconvertibleError | None = None


class Components:
    """The schemas under ``components/schemas``; a definition joins them when it is referred to."""

    def __init__(self, generator: SchemaGenerator) -> None:
        self.schemas: dict[str, Schema] = {}
        generated = generator.described()
        self._definitions = {key: _define(key, *generator.type_of(key), generated) for key in generated}
        self._groups = _group(self._definitions)
        self._bases: dict[int, str] = {}
        self._names: dict[int, str] = {}
        self._chooser = Names()

    def link(self, references: Iterable[Schema]) -> None:
        """Lead *references*, which hold keys of definitions, to components.

        Raises:
            UnconvertibleError: a definition that they lead to says what the document has no words for.
        """
        pending = list(references)
        for reference in pending:  # grows
            key = reference["$ref"]
            group = self._groups[key]
            if group not in self._names:
                definition = self._definitions[key]
                if definition.problem is not None:
                    raise definition.problem
                self._names[group] = self._add(definition)
                pending += definition.references
            reference["$ref"] = _PREFIX + self._names[group]

    def _add(self, definition: _Definition) -> str:
        name, schema = self._name(definition), definition.schema
        self.schemas[name] = schema if "$ref" in schema else {"title": name, **schema}
        return name

    def _name(self, definition: _Definition) -> str:
        own = self._groups[definition_key(definition.core_ref, definition.mode)]
        read = self._groups.get(definition_key(definition.core_ref, "validation"), own)
        if read not in self._bases:
            self._bases[read] = self._chooser.choose(definition.core_ref)
        base = self._bases[read]
        return base if own == read else self._chooser.choose_output(base)


def _define(key: str, core_ref: str, mode: Mode, generated: Mapping[str, Schema]) -> _Definition:
    definition = _Definition(core_ref=core_ref, mode=mode, name=short_name(core_ref), text=key)
    try:
        definition.schema, references = convert(generated[key], definition.name, generated)
    except UnconvertibleError as problem:
        definition.problem = problem  # of whoever refers to it; nobody may
        return definition
    definition.references = references
    definition.targets = [each["$ref"] for each in references]
    for each in references:
        each["$ref"] = ""
    definition.text = json.dumps(definition.schema, sort_keys=True)
    for each, target in zip(references, definition.targets, strict=True):
        each["$ref"] = target
    return definition


def _group(definitions: Mapping[str, _Definition]) -> dict[str, int]:
    """Give one number to all definitions that have one name and say the same, whatever leads back to them.

    They are taken for the same until they are seen to differ, in themselves or in what they refer to.
    """
    groups = _number({key: (each.name, each.text) for key, each in definitions.items()})
    while True:
        finer = _number(
            {
                key: (groups[key], *[groups.get(target) for target in each.targets])
                for key, each in definitions.items()
            }
        )
        if max(finer.values(), default=0) == max(groups.values(), default=0):
            return groups
        groups = finer


def _number(features: Mapping[str, Hashable]) -> dict[str, int]:
    numbers: dict[Hashable, int] = {}
    return {key: numbers.setdefault(feature, len(numbers)) for key, feature in features.items()}
