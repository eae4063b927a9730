"""Types of every kind that a payload has."""

from __future__ import annotations

import enum
from collections import deque
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from ipaddress import IPv4Address
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, NamedTuple, TypeVar, Union
from uuid import UUID

from pydantic import (
    AnyUrl,
    AwareDatetime,
    BaseModel,
    ByteSize,
    ConfigDict,
    Discriminator,
    Field,
    Json,
    JsonValue,
    PlainSerializer,
    RootModel,
    SecretBytes,
    SecretStr,
    StringConstraints,
    Tag,
    WithJsonSchema,
    computed_field,
)
from pydantic.dataclasses import dataclass as pydantic_dataclass
from typing_extensions import NotRequired, TypeAliasType, TypedDict

T = TypeVar("T")


class Color(enum.Enum):
    """A color."""

    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 9


class Mixed(enum.Enum):
    ONE = 1
    TWO = "two"
    NONE = None


class Item(BaseModel):
    """Something to buy."""

    sku: str = Field(min_length=1, title="Stock keeping unit", examples=["a-1"])
    price: float = Field(gt=0, description="In euros.")
    tags: list[str] = []


class Order(BaseModel):
    item: Item = Field(description="What is bought.")
    spare: Item | None = None
    gift: Item = Field(default=Item(sku="card", price=1), deprecated=True)
    lines: dict[str, Item] = Field(default_factory=dict)


class Tree(BaseModel):
    value: int
    children: list[Tree] = Field(default_factory=list, max_length=3)


class Employee(BaseModel):
    name: str
    team: Team | None = None


class Team(BaseModel):
    lead: Employee | None = None
    members: list[Employee] = []


class Page(BaseModel, Generic[T]):
    items: list[T]
    cursor: str | None = None


class Names(RootModel[list[str]]):
    """A list that has a name."""


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")
    n: int


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    n: int


class Extras(BaseModel):
    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, int] = Field(init=False)  # pyright: ignore[reportIncompatibleVariableOverride]
    n: str = ""


class Aliased(BaseModel):
    inside: int = Field(alias="outSide")
    read: str = Field(default="", validation_alias="readAs", serialization_alias="writtenAs")


class Defaults(BaseModel):
    text: str = "hello"
    number: float = 0.5
    nothing: None = None
    flag: bool = True
    many: set[int] = {3, 1, 2}
    secret: SecretStr = SecretStr("hunter2")
    nested: Strict = Strict(n=1)


class Computed(BaseModel):
    side: int

    @computed_field  # type: ignore[prop-decorator] # what Pydantic documents
    @property
    def area(self) -> int:
        """The side, squared."""
        return self.side**2


class Hidden(BaseModel):
    shown: str
    kept: int = Field(default=0, exclude=True)


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog"]
    good: bool = True


class Wolf(BaseModel):
    kind: Literal["wolf", "werewolf"]


@dataclass
class Point:
    x: int
    y: int = 0


@pydantic_dataclass(config=ConfigDict(extra="forbid"))
class Segment:
    start: Point
    ends: list[Point] = field(default_factory=list)


class Movie(TypedDict):
    title: str
    year: NotRequired[int]


class Partial(TypedDict, total=False):
    a: int
    b: Movie


class Pair(NamedTuple):
    left: int
    right: str = "r"


class Conditional(BaseModel):
    """Written by hand, in the words of 2020-12."""

    model_config = ConfigDict(
        json_schema_extra={
            "dependentRequired": {"card": ["address"]},
            "dependentSchemas": {"card": {"properties": {"address": {"minLength": 3}}}},
            "if": {"properties": {"card": {"const": 1}}, "required": ["card"]},
            "then": {"properties": {"address": {"maxLength": 5}}},
        }
    )
    card: int | None = None
    address: str | None = None


Recursive = TypeAliasType("Recursive", "Union[int, list[Recursive], dict[str, Recursive]]")

Pet = Annotated[Union[Cat, Dog, Wolf], Field(discriminator="kind")]
ByFunction = Annotated[
    Union[Annotated[Item, Tag("item")], Annotated[Strict, Tag("strict")]],
    Discriminator(lambda value: "item" if isinstance(value, Item) or "sku" in dict(value) else "strict"),
]


def written(schema: dict[str, Any]) -> Any:
    """Describe anything by hand."""
    return Annotated[Any, WithJsonSchema(schema)]


READ_AND_WRITTEN: dict[str, Any] = {
    "bounded integer": Annotated[int, Field(ge=-5, lt=10)],
    "multiple": Annotated[int, Field(multiple_of=3)],
    "bounded float": Annotated[float, Field(gt=0, le=1.5)],
    "boolean": bool,
    "null": None,
    "decimal": Annotated[Decimal, Field(ge=0, max_digits=6, decimal_places=2)],
    "fraction": Fraction,
    "bounded string": Annotated[str, Field(min_length=2, max_length=4)],
    "pattern": Annotated[str, Field(pattern=r"^[a-c]+(?:-\d{2})?$")],
    "date": date,
    "time": time,
    "datetime": datetime,
    "aware datetime": AwareDatetime,
    "duration": timedelta,
    "uuid": UUID,
    "url": AnyUrl,
    "address": IPv4Address,
    "path": Path,
    "bytes": bytes,
    "byte size": ByteSize,
    "secret": SecretStr,
    "secret bytes": SecretBytes,
    "enum": Color,
    "integer enum": Level,
    "mixed enum": Mixed,
    "literal": Literal["on", "off"],
    "single literal": Literal[3],
    "mixed literal": Literal["a", 1, None],
    "optional primitive": Union[Annotated[int, Field(ge=3)], None],
    "optional model": Item | None,
    "optional enum": Color | None,
    "union": Union[int, str, list[bool]],
    "union of models": Union[Item, Strict],
    "discriminated union": Pet,
    "union by function": ByFunction,
    "optional discriminated union": Union[Pet, None],
    "tuple": tuple[int, str, bool],
    "empty tuple": tuple[()],
    "variadic tuple": tuple[int, ...],
    "named tuple": Pair,
    "list": Annotated[list[int], Field(min_length=1, max_length=3)],
    "deque": deque[str],
    "set": set[int],
    "frozenset": Annotated[frozenset[str], Field(max_length=2)],
    "dict": dict[str, int],
    "dict with short keys": dict[Annotated[str, Field(max_length=3)], int],
    "dict with patterned keys": dict[Annotated[str, StringConstraints(pattern="^x-")], int],
    "dict with enum keys": dict[Color, int],
    "dict with a size": Annotated[dict[str, Any], Field(min_length=1, max_length=2)],
    "model": Item,
    "nested models": Order,
    "recursive model": Tree,
    "mutually recursive models": Team,
    "recursive alias": Recursive,
    "generic": Page[Item],
    "generic of a union": Page[int | None],
    "root model": Names,
    "dataclass": Point,
    "closed dataclass": Segment,
    "typed dict": Movie,
    "partial typed dict": Partial,
    "extra forbidden": Strict,
    "extra allowed": Open,
    "typed extras": Extras,
    "aliases": Aliased,
    "defaults": Defaults,
    "computed field": Computed,
    "excluded field": Hidden,
    "json": Json[Item],
    "any json": Annotated[list[JsonValue], Field(max_length=2)],
    "serialized as something else": Annotated[int, PlainSerializer(str, return_type=str)],
    "list of models": list[Item],
}
"""Types whose schemas Pydantic makes."""

WRITTEN_BY_HAND: dict[str, Any] = {
    "conditions": Conditional,
    "written tuple": written(
        {"type": "array", "prefixItems": [{"type": "integer"}], "items": {"type": "string"}}
    ),
    "written open tuple": written({"type": "array", "prefixItems": [{"type": "integer"}, True]}),
    "written short tuple": written({"type": "array", "prefixItems": [{"type": "integer"}], "maxItems": 1}),
    "written contains": written(
        {"type": "array", "contains": {"type": "integer"}, "items": {"enum": [1, "a"]}}
    ),
    "written not": written({"not": {"type": ["string", "null"]}, "minProperties": 1}),
    "written names": written(
        {"type": "object", "propertyNames": {"maxLength": 2}, "additionalProperties": False}
    ),
}
"""Types whose schemas say what no validator checks."""

KINDS = READ_AND_WRITTEN | WRITTEN_BY_HAND
