"""``query``, ``headers`` and ``cookies``: what a consumer wants to know from the handshake."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar, cast, overload

from pydantic import PydanticUndefinedAnnotation, PydanticUserError, TypeAdapter, ValidationError
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaWarningKind
from pydantic_core import to_json
from typing_extensions import TypeForm

from nexws.errors import NotServingError, ParameterError
from nexws.events.payloads import problems
from nexws.events.texts import Json, Kinds, branches, is_text, value_of

__all__ = [
    "NAME_IS_TAKEN",
    "Parameter",
    "Parameters",
    "Place",
    "UnfitError",
    "cookies",
    "headers",
    "parameters_of",
    "query",
]

T = TypeVar("T")

Place: TypeAlias = Literal["query", "headers", "cookies"]
"""Where in the handshake a parameter stands."""

NAME_IS_TAKEN: Final = "has the name of what each consumer has; rename it"

_KINDS: Final = "text, a number, a boolean, a time, a UUID, an enum or a Literal, or a list of such"
_LONGEST_NAME: Final = 128
_is_token = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+").fullmatch  # RFC 9110 section 5.6.2


class UnfitError(Exception):
    """What the client has sent does not fit a declaration; ``details`` say where, as those of a failure do."""

    def __init__(self, details: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(details)
        self.details = details


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of a handshake."""

    name: str
    """What it is called there."""
    key: str
    """What the schema calls it."""
    kinds: Kinds
    """What one value may be."""
    positions: tuple[Kinds, ...] = ()
    """What the values of a tuple may be, one by one."""
    is_list: bool = False

    def read(self, texts: Sequence[str]) -> Any:
        """Give what was sent as JSON has it."""
        if not self.is_list:
            return value_of(texts[0], self.kinds)
        beyond = [self.kinds] * len(texts)
        pairs = zip(texts, (*self.positions, *beyond), strict=False)
        return [value_of(text, kinds) for text, kinds in pairs]


class Parameters(Generic[T]):
    """What a consumer class declares of its handshake; made by ``query``, ``headers`` and ``cookies``.

    On an instance of the class, the attribute is what the client has sent, read before ``on_connect``.
    """

    __slots__ = ("_validate", "by_name", "place", "schema")

    def __init__(self, place: Place, schema: object) -> None:
        self.place: Place = place
        self.schema: object = schema
        try:
            adapter: TypeAdapter[Any] = TypeAdapter(cast("Any", schema))
            self._validate: Any = adapter.validate_json
            described, named = _described(adapter, by_alias=True), _described(adapter, by_alias=False)
        except (PydanticUserError, PydanticUndefinedAnnotation) as error:
            problem = f"is nothing that Pydantic can describe: {str(error).splitlines()[0]}"
            raise ParameterError(repr(self), problem) from error
        self.by_name: Mapping[str, Parameter] = self._read_schema(described, named)
        """Each parameter by its name; those of headers are in lower case here."""

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> Parameters[T]: ...
    @overload
    def __get__(self, instance: object, owner: type[Any]) -> T: ...
    def __get__(self, instance: object, owner: type[Any]) -> Parameters[T] | T:
        """Give the declaration on the class; the value on an instance stands in its way once it has been read."""
        if instance is None:
            return self
        raise NotServingError(owner.__qualname__)

    def __repr__(self) -> str:
        return f"{self.place}({getattr(self.schema, '__name__', self.schema)})"

    def read(self, given: Mapping[str, Sequence[str]]) -> T:
        """Read what the client has sent, by names as ``by_name`` has them; of the query, also what nobody declares.

        Raises:
            UnfitError: it does not fit the schema, or a parameter that is no list was sent more than once.
        """
        repeated = [
            {
                "loc": [self.place, each.name],
                "type": "repeated_parameter",
                "msg": "Parameter may be sent once",
            }
            for name, each in self.by_name.items()
            if not each.is_list and len(given.get(name, ())) > 1
        ]
        if repeated:
            raise UnfitError(repeated)
        values: Json = {
            each.key: each.read(given[name]) for name, each in self.by_name.items() if name in given
        }
        if self.place == "query":
            others = given.keys() - self.by_name.keys()
            values.update({name: given[name][0] if len(given[name]) == 1 else given[name] for name in others})
        try:
            return cast("T", self._validate(to_json(values), by_alias=True, by_name=False))
        except ValidationError as error:
            raise UnfitError([{**each, "loc": self._loc(each["loc"])} for each in problems(error)]) from None

    # -- inside

    def _loc(self, loc: Sequence[Any]) -> list[Any]:
        """Say in the client's words where something is wrong: Pydantic has the schema's, and names of types."""
        if not loc:
            return [self.place]
        known = next((each for each in self.by_name.values() if each.key == loc[0]), None)
        if known is None:
            return [self.place, str(loc[0])[:_LONGEST_NAME]]
        numbers = [part for part in loc[1:] if isinstance(part, int)] if known.is_list else []
        return [self.place, known.name, *numbers[:1]]

    def _read_schema(self, described: Json, named: Json) -> dict[str, Parameter]:
        objects = [*branches(described, described.get("$defs", {}))]
        if len(objects) != 1 or not objects[0].get("properties"):
            problem = (
                "is no model, dataclass or TypedDict with fields; write one, with a field for each parameter"
            )
            raise ParameterError(repr(self), problem)
        fields = next(branches(named, named.get("$defs", {})))["properties"]
        properties: Json = objects[0]["properties"]
        if len(fields) != len(properties):
            raise ParameterError(repr(self), "has two fields with one alias; rename one")
        found: dict[str, Parameter] = {}
        for field, (key, schema) in zip(fields, properties.items(), strict=True):
            parameter = self._read_field(
                field, key, [*branches(schema, described.get("$defs", {}))], described
            )
            name = parameter.name.lower() if self.place == "headers" else parameter.name
            if name in found:
                raise ParameterError(repr(self), f"has two fields for {parameter.name!r}; rename one")
            found[name] = parameter
        return found

    def _read_field(self, field: str, key: str, kinds: Sequence[Json], described: Json) -> Parameter:
        name = key
        if self.place == "headers" and key == field:
            name = "-".join(word.capitalize() for word in field.split("_"))
        if self.place != "query" and not _is_token(name):
            problem = (
                f"calls a parameter {name!r}, which no header or cookie can be; give field {field!r} an alias"
            )
            raise ParameterError(repr(self), problem)
        definitions = described.get("$defs", {})
        positions = tuple(
            tuple(branches(each, definitions)) for kind in kinds for each in kind.get("prefixItems", ())
        )
        items = tuple(each for kind in kinds for each in branches(kind.get("items", False), definitions))
        is_list = bool(kinds) and all(kind.get("type") == "array" for kind in kinds)
        texts = [*items, *(each for several in positions for each in several)] if is_list else kinds
        if not texts or not all(map(is_text, texts)) or (positions and len(kinds) > 1):
            raise ParameterError(
                repr(self), f"has the field {field!r}, which no text can be; make it {_KINDS}"
            )
        return Parameter(
            name=name,
            key=key,
            kinds=items if is_list else tuple(kinds),
            positions=positions,
            is_list=is_list,
        )


class _Quiet(GenerateJsonSchema):
    ignored_warning_kinds: set[JsonSchemaWarningKind] = {  # noqa: RUF012 - as Pydantic declares it
        "skipped-choice",
        "non-serializable-default",
        "skipped-discriminator",
    }


def _described(adapter: TypeAdapter[Any], *, by_alias: bool) -> Json:
    return adapter.json_schema(by_alias=by_alias, schema_generator=_Quiet)


def query(schema: TypeForm[T], /) -> Parameters[T]:
    """Declare the parameters in the query of the handshake: a field of *schema* each, by its name or alias.

    *schema* is a model, a dataclass or a TypedDict. Its fields are text, numbers, booleans, times, UUIDs, enums or
    Literals, or lists, sets and tuples of such, which take what is sent several times. Written in the class body::

        class Feed(EventConsumer):
            wanted = query(Filter)

    A client whose handshake does not fit is refused, with HTTP 400 where the server can say so, before it is
    authenticated. On an instance, ``self.wanted`` is a ``Filter``.

    Raises:
        ParameterError: *schema* is something else, or has a field that is.
    """
    return Parameters("query", schema)


def headers(schema: TypeForm[T], /) -> Parameters[T]:
    """Declare headers of the handshake: ``X-Client-Version`` is the field ``x_client_version``, or has it as alias.

    As ``query``; headers that are not declared are not looked at, and what a list takes may also stand in one header,
    with commas between.

    Raises:
        ParameterError: *schema* is no model of such parameters, or a name is none of a header.
    """
    return Parameters("headers", schema)


def cookies(schema: TypeForm[T], /) -> Parameters[T]:
    """Declare cookies of the handshake, by the names or aliases of the fields.

    As ``query``; cookies that are not declared are not looked at.

    Raises:
        ParameterError: *schema* is no model of such parameters, or a name is none of a cookie.
    """
    return Parameters("cookies", schema)


def parameters_of(consumer: type) -> dict[str, Parameters[Any]]:
    """Collect what *consumer* and its bases declare, by the names of the attributes, bases first.

    Raises:
        ParameterError: two declarations have a parameter of one name in one place.
    """
    found: dict[str, Any] = {
        name: value
        for base in reversed(consumer.__mro__)
        for name, value in vars(base).items()
        if isinstance(value, Parameters) and inspect.getattr_static(consumer, name) is value
    }
    declared: dict[str, Parameters[Any]] = found
    seen: dict[tuple[Place, str], str] = {}
    for name, (place, each) in _every(declared):
        if (place, each) in seen:
            problem = f"declares {each!r} in the {place}, as {seen[place, each]!r} does; leave it out in one"
            raise ParameterError(f"{consumer.__qualname__}.{name}", problem)
        seen[place, each] = name
    return declared


def _every(declared: Mapping[str, Parameters[Any]]) -> Iterator[tuple[str, tuple[Place, str]]]:
    for name, parameters in declared.items():
        for each in parameters.by_name:
            yield name, (parameters.place, each)
