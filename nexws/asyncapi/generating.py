"""Pydantic's JSON Schemas, with every definition kept apart and what has no schema left to be found."""

from __future__ import annotations

import re
from typing import Any, Literal, TypeAlias, cast

from pydantic import PydanticUserError
from pydantic.json_schema import CoreModeRef, DefsRef, GenerateJsonSchema, JsonSchemaWarningKind
from pydantic_core import CoreSchema, PydanticOmit, core_schema

from nexws.asyncapi.draft07 import NO_JSON, NO_SCHEMA, Schema

__all__ = ["Mode", "SchemaGenerator", "definition_key"]

Mode: TypeAlias = Literal["validation", "serialization"]

_PLAIN = {str, int, bool, type(None)}
_FLAGS = {re.ASCII: "a", re.IGNORECASE: "i", re.MULTILINE: "m", re.DOTALL: "s", re.VERBOSE: "x"}
_WITHOUT_SCHEMA = {
    "callable": "a callable",
    "ellipsis": "an ellipsis",
    "function-plain": "whatever a validator takes",
    "is-instance": "an instance of {}",
    "is-subclass": "a subclass of {}",
}


def definition_key(core_ref: str, mode: Mode) -> str:
    """Name the definition of a type, which Pydantic calls *core_ref*, in one direction."""
    return f"{mode} {core_ref}"


class SchemaGenerator(GenerateJsonSchema):
    """Generates the schemas of one document; what several of them share is generated once.

    Pydantic's own ``generate_definitions`` walks everything twice and names a definition after what else is
    there. Here a reference is the key of a definition, which belongs to one type in one direction.
    """

    def __init__(self) -> None:
        super().__init__(ref_template="{model}")
        self.ignored_warning_kinds: set[JsonSchemaWarningKind] = {
            "skipped-choice",
            "non-serializable-default",
            "skipped-discriminator",
        }
        self._written: dict[str, CoreSchema] = {}

    def describe(self, schema: CoreSchema, mode: Mode) -> Schema:
        """Generate one schema; the definitions that it refers to are added to ``definitions``.

        Raises:
            PydanticUserError: there is no schema.
            PydanticOmit: it is left out on purpose.
        """
        self._mode = mode
        return self.generate_inner(schema)

    def describe_counterparts(self) -> None:
        """Generate how each definition that is written would be read, so that the two can be compared."""
        for schema in list(self._written.values()):
            try:
                self.describe(schema, "validation")
            except (PydanticUserError, PydanticOmit):  # noqa: PERF203 - it is never read, then
                continue

    def described(self) -> dict[str, Schema]:
        """Return the definitions, each under its key."""
        return cast("dict[str, Schema]", self.definitions)

    def type_of(self, key: str) -> tuple[str, Mode]:
        """Tell which type a definition belongs to, and in which direction."""
        return self.defs_to_core_refs[DefsRef(key)]

    # What follows is called by Pydantic.

    def generate_inner(self, schema: Any) -> Schema:  # noqa: D102
        if "ref" in schema and self.mode == "serialization":
            self._written.setdefault(schema["ref"], schema)
        try:
            return super().generate_inner(schema)
        except (
            ValueError
        ):  # Pydantic writes what a program adds to a field as JSON, and does not say where it cannot
            return {NO_JSON: "json_schema_extra"}

    def get_defs_ref(self, core_mode_ref: CoreModeRef) -> DefsRef:  # noqa: D102
        return DefsRef(definition_key(*core_mode_ref))

    def get_schema_from_definitions(self, json_ref: Any) -> Schema | None:  # noqa: D102
        if json_ref in self.json_to_defs_refs:
            return self.definitions.get(json_ref)
        return {NO_SCHEMA: f"a reference to {json_ref!r}"}  # written by hand

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: D102
        return False

    def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> Schema:  # noqa: D102
        what = getattr(schema.get("cls"), "__qualname__", error_info)
        return {NO_SCHEMA: _WITHOUT_SCHEMA.get(schema["type"], "{}").format(what)}

    def encode_default(self, dft: Any) -> Any:  # noqa: D102
        return dft if type(dft) in _PLAIN else super().encode_default(dft)  # which is slow

    def is_subclass_schema(self, schema: core_schema.IsSubclassSchema) -> Schema:  # noqa: D102
        return self.handle_invalid_for_json_schema(schema, "")

    def str_schema(self, schema: core_schema.StringSchema) -> Schema:  # noqa: D102
        generated, pattern = super().str_schema(schema), schema.get("pattern")
        if isinstance(pattern, re.Pattern):
            flags = "".join(letter for flag, letter in _FLAGS.items() if pattern.flags & flag)
            if flags:
                generated["pattern"] = f"(?{flags}){pattern.pattern}"
        return generated

    def dict_schema(self, schema: core_schema.DictSchema) -> Schema:  # noqa: D102
        generated = super().dict_schema(schema)
        if "patternProperties" in generated:  # all keys have to fit
            generated["additionalProperties"] = False
        return generated

    def model_schema(self, schema: core_schema.ModelSchema) -> Schema:  # noqa: D102
        return _without_title_of(schema["cls"], super().model_schema(schema))

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> Schema:  # noqa: D102
        return _without_title_of(schema["cls"], super().dataclass_schema(schema))

    def typed_dict_schema(self, schema: core_schema.TypedDictSchema) -> Schema:  # noqa: D102
        return _without_title_of(schema.get("cls"), super().typed_dict_schema(schema))

    def enum_schema(self, schema: core_schema.EnumSchema) -> Schema:  # noqa: D102
        return _without_title_of(schema["cls"], super().enum_schema(schema))


def _without_title_of(cls: type | None, generated: Schema) -> Schema:
    """Remove the title that nobody wrote: a component is titled with its name."""
    if cls is not None and generated.get("title") == cls.__name__:
        del generated["title"]
    return generated
