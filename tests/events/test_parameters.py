"""Declarations of query, headers and cookies: which schemas may be, and what is made of text."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, Json, RootModel, SecretStr, model_validator
from typing_extensions import NotRequired, TypedDict

from nexws.errors import NotServingError, ParameterError
from nexws.events import Parameters, UnfitError, cookies, headers, parameters_of, query


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Size(Enum):
    SMALL = 0.5
    BIG = 2.0


class Everything(BaseModel):
    text: str = ""
    number: int = 0
    share: float = 0
    flag: bool = False
    at: datetime | None = None
    day: date | None = None
    id: uuid.UUID | None = None
    price: Decimal = Decimal(0)
    colour: Colour = Colour.RED
    level: Level | None = None
    size: Size = Size.BIG
    one: Literal[1, "all", True] = 1
    either: int | str = 0
    or_flag: int | bool = 0
    texts: list[str] = []
    numbers: set[int] = set()
    colours: frozenset[Colour] | None = None
    pair: tuple[int, Literal[1, 2]] = (1, 1)
    several: tuple[Level, ...] = ()
    loaded: Json[dict[str, int]] | None = None


class Strict(Everything):
    model_config = ConfigDict(strict=True)


@dataclass
class Point:
    x: int
    tags: list[str] = field(default_factory=list)


class Options(TypedDict):
    size: int
    colour: NotRequired[Colour]


def declare(kind: Callable[..., Any], schema: object) -> Parameters[Any]:
    """Declare what the type checkers would not let pass."""
    made: Parameters[Any] = kind(schema)
    return made


def refused(parameters: Parameters[Any], given: Mapping[str, Sequence[str]]) -> Sequence[Mapping[str, Any]]:
    with pytest.raises(UnfitError) as unfit:
        parameters.read(given)
    return unfit.value.details


def wrong(kind: Callable[..., Any], schema: object) -> str:
    with pytest.raises(ParameterError) as error:
        kind(schema)
    return str(error.value)


class TestReading:
    @pytest.mark.parametrize("schema", [Everything, Strict])
    @pytest.mark.parametrize(
        ("name", "texts", "value"),
        [
            ("text", ["5"], "5"),
            ("text", [""], ""),
            ("number", ["-12"], -12),
            ("share", ["1.5"], 1.5),
            ("share", ["2e3"], 2000.0),
            ("flag", ["true"], True),
            ("flag", ["false"], False),
            ("at", ["2030-01-01T10:00:00Z"], datetime(2030, 1, 1, 10, tzinfo=timezone.utc)),
            ("day", ["2030-01-01"], date(2030, 1, 1)),
            ("id", ["0b1c9d26-3f5e-4bb1-9d5e-6a9fd6a3b1c2"], uuid.UUID("0b1c9d263f5e4bb19d5e6a9fd6a3b1c2")),
            ("price", ["0.1000000000000000055"], Decimal("0.1000000000000000055")),
            ("colour", ["blue"], Colour.BLUE),
            ("level", ["2"], Level.HIGH),
            ("size", ["0.5"], Size.SMALL),
            ("one", ["1"], 1),
            ("one", ["all"], "all"),
            ("one", ["true"], True),
            ("either", ["5"], "5"),
            ("or_flag", ["5"], 5),
            ("or_flag", ["true"], True),
            ("texts", ["a", "b", "a"], ["a", "b", "a"]),
            ("numbers", ["3", "4", "3"], {3, 4}),
            ("colours", ["red"], frozenset({Colour.RED})),
            ("pair", ["7", "2"], (7, 2)),
            ("several", ["2", "1"], (Level.HIGH, Level.LOW)),
            ("loaded", ['{"a": 1}'], {"a": 1}),
        ],
    )
    def test_text_becomes_what_the_field_is(
        self, schema: type[Everything], name: str, texts: list[str], value: object
    ) -> None:
        """Whether the model is strict or not: nothing else than text can come."""
        read = getattr(declare(query, schema).read({name: texts}), name)
        assert (type(read), read) == (type(value), value)

    @pytest.mark.parametrize(
        ("name", "text", "value"),
        [("flag", "on", True), ("number", "+5", 5), ("share", "1e400", float("inf")), ("number", "007", 7)],
    )
    def test_other_spellings_are_those_of_pydantic(self, name: str, text: str, value: object) -> None:
        assert getattr(query(Everything).read({name: [text]}), name) == value

    def test_a_dataclass_and_a_typed_dict_do_as_well(self) -> None:
        assert query(Point).read({"x": ["1"], "tags": ["a", "b"]}) == Point(1, ["a", "b"])
        assert query(Options).read({"size": ["1"], "colour": ["red"]}) == {"size": 1, "colour": Colour.RED}
        assert query(RootModel[Point]).read({"x": ["1"]}).root == Point(1)

    def test_what_is_not_sent_has_its_default(self) -> None:
        assert query(Everything).read({}) == Everything()

    @pytest.mark.parametrize(
        ("given", "loc", "kind"),
        [
            ({"number": ["x"]}, ["query", "number"], "int_parsing"),
            ({"number": ["9" * 5000]}, ["query", "number"], "int_parsing_size"),
            ({"number": [""]}, ["query", "number"], "int_parsing"),
            ({"colour": ["green"]}, ["query", "colour"], "enum"),
            ({"level": ["9"]}, ["query", "level"], "enum"),
            ({"one": ["2"]}, ["query", "one"], "literal_error"),
            ({"or_flag": ["x"]}, ["query", "or_flag"], "int_parsing"),
            ({"numbers": ["1", "x"]}, ["query", "numbers", 1], "int_parsing"),
            ({"pair": ["1"]}, ["query", "pair", 1], "missing"),
            ({"pair": ["1", "2", "3"]}, ["query", "pair"], "too_long"),
            ({"text": ["a", "a"]}, ["query", "text"], "repeated_parameter"),
        ],
    )
    def test_what_does_not_fit_is_told_by_its_place(
        self, given: dict[str, list[str]], loc: list[str | int], kind: str
    ) -> None:
        first, *_ = refused(query(Everything), given)
        assert (first["loc"], first["type"]) == (loc, kind)
        assert "input" not in first

    def test_what_is_wrong_with_the_whole_is_at_its_place(self) -> None:
        class Range(BaseModel):
            low: int = 0
            high: int = 9

            @model_validator(mode="after")
            def check(self) -> Range:
                if self.low > self.high:
                    raise ValueError("low is above high")
                return self

        (only,) = refused(query(Range), {"low": ["10"]})
        assert only == {"loc": ["query"], "type": "value_error", "msg": "Value error, low is above high"}

    def test_a_query_may_be_closed(self) -> None:
        """The name of what is refused is cut; it is the client's."""

        class Closed(BaseModel):
            model_config = ConfigDict(extra="forbid")
            page: int = 1

        (only,) = refused(query(Closed), {"x" * 500: ["1"]})
        assert (only["loc"], only["type"]) == (["query", "x" * 128], "extra_forbidden")

    def test_a_query_may_be_open(self) -> None:
        class Open(BaseModel):
            model_config = ConfigDict(extra="allow")
            page: int = 1

        assert query(Open).read({"a": ["1"], "b": ["1", "2"]}).model_extra == {"a": "1", "b": ["1", "2"]}

    def test_only_the_alias_is_a_name(self) -> None:
        """Whatever the model takes elsewhere: it is the alias that is documented."""

        class Page(BaseModel):
            model_config = ConfigDict(validate_by_name=True, extra="forbid")
            number: int = Field(1, alias="page")

        assert query(Page).read({"page": ["2"]}).number == 2
        assert refused(query(Page), {"number": ["2"]})[0]["type"] == "extra_forbidden"


class TestNames:
    def test_a_header_is_called_as_its_field_with_hyphens(self) -> None:
        class Client(BaseModel):
            x_client_version: str
            dnt: bool = False
            trace: Annotated[str, Field(alias="X_Trace")] = ""

        declared = headers(Client)
        assert [each.name for each in declared.by_name.values()] == ["X-Client-Version", "Dnt", "X_Trace"]
        read = declared.read({"x-client-version": ["1"], "x_trace": ["t"], "other": ["x"]})
        assert (read.x_client_version, read.trace) == ("1", "t")
        assert refused(declared, {})[0]["loc"] == ["headers", "X-Client-Version"]

    def test_a_cookie_is_called_as_its_field_or_its_alias(self) -> None:
        class Visit(BaseModel):
            session_id: str
            theme: str = Field("light", alias="site-theme")

        declared = cookies(Visit)
        assert declared.read({"session_id": ["1"], "site-theme": ["dark"]}).theme == "dark"


class Inner(BaseModel):
    x: int = 1


class Nested(BaseModel):
    inner: Inner = Inner()


class Anything(BaseModel):
    whatever: Any = None


class Binary(BaseModel):
    blob: bytes = b""


class Deep(BaseModel):
    deep: list[list[int]] = []


class Mixed(BaseModel):
    some: int | list[int] = 1


class Bare(BaseModel):
    some: list[Any] = []


class Null(BaseModel):
    nothing: None = None


class Uncallable(BaseModel):
    call: Callable[[], int] | None = None


class Tuples(BaseModel):
    pairs: tuple[int, int] | tuple[str, int] = (1, 1)


class TwoAliases(BaseModel):
    a: int = Field(1, alias="c")
    b: int = Field(1, alias="c")


class TwoCases(BaseModel):
    a: int = Field(1, alias="X-A")
    b: int = Field(1, alias="x-a")


class Spaced(BaseModel):
    a: int = Field(1, alias="a b")


class Empty(BaseModel):
    pass


class Secret(BaseModel):
    token: SecretStr = SecretStr("x")


class TestMistakes:
    @pytest.mark.parametrize("schema", [Nested, Anything, Binary, Deep, Mixed, Bare, Null, Tuples])
    def test_a_field_that_no_text_can_be_is_refused(self, schema: type[BaseModel]) -> None:
        (name,) = schema.model_fields
        assert wrong(query, schema) == (
            f"query({schema.__name__}) has the field '{name}', which no text can be; make it text, a number, "
            "a boolean, a time, a UUID, an enum or a Literal, or a list of such"
        )

    @pytest.mark.parametrize("schema", [int, list[Inner], dict[str, int], Inner | Secret, Empty, None])
    def test_what_has_no_fields_is_refused(self, schema: object) -> None:
        text = "is no model, dataclass or TypedDict with fields; write one, with a field for each parameter"
        assert wrong(headers, schema).endswith(text)

    def test_what_pydantic_cannot_describe_is_refused(self) -> None:
        for schema in (Uncallable, TestClasses, "Nowhere"):
            assert "is nothing that Pydantic can describe: " in wrong(cookies, schema)

    def test_one_name_has_one_field(self) -> None:
        assert wrong(query, TwoAliases) == "query(TwoAliases) has two fields with one alias; rename one"
        assert wrong(headers, TwoCases) == "headers(TwoCases) has two fields for 'x-a'; rename one"

    def test_a_header_and_a_cookie_have_names_that_can_be_sent(self) -> None:
        text = "calls a parameter 'a b', which no header or cookie can be; give field 'a' an alias"
        assert wrong(headers, Spaced) == f"headers(Spaced) {text}"
        assert wrong(cookies, Spaced) == f"cookies(Spaced) {text}"
        assert query(Spaced).read({"a b": ["2"]}).a == 2


class TestClasses:
    def test_all_declarations_of_a_class_and_its_bases_are_found(self) -> None:
        class Paged:
            page = query(Point)

        class Base(Paged):
            wanted = query(Options)
            visit = cookies(Inner)

        class Served(Base):
            wanted = query(Secret)  # type: ignore[assignment]
            visit = None  # type: ignore[assignment]

        assert list(parameters_of(Base)) == ["page", "wanted", "visit"]
        found = parameters_of(Served)
        assert list(found) == ["page", "wanted"]
        assert found["wanted"] is Served.wanted

    def test_a_name_is_declared_once_in_each_place(self) -> None:
        class Served:
            first = query(Point)
            elsewhere = headers(Point)
            second = query(Inner)

        with pytest.raises(ParameterError) as error:
            parameters_of(Served)
        assert str(error.value).endswith(
            "Served.second declares 'x' in the query, as 'first' does; leave it out in one"
        )

    def test_outside_of_a_connection_there_is_no_value(self) -> None:
        class Served:
            wanted = query(Inner)

        assert repr(Served.wanted) == "query(Inner)"
        with pytest.raises(NotServingError):
            _ = Served().wanted
