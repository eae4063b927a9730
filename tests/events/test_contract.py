"""What a class declares, and every mistake that it can make in doing so."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Annotated, Any, Literal, Union

import pytest
from nexios.websockets import WebSocket
from pydantic import BaseModel, Field

from nexws import (
    DuplicateEventError,
    EncodingError,
    ErrorDeclarationError,
    EventConsumer,
    EventError,
    EventNameError,
    EventRouter,
    ExampleError,
    HandlerSignatureError,
    RouterError,
    SchemaError,
    SetupError,
    WebSocketConsumer,
    authenticated,
    emits,
    on,
)


class Order(BaseModel):
    item: str


class Receipt(BaseModel):
    number: int


class Fancy(Order):
    colour: str


def two_handlers() -> object:
    class Shop(EventConsumer):
        @on("order.place")
        async def one(self, data: Order) -> None: ...

        @on("order.place")
        async def other(self, data: Order) -> None: ...

    return Shop


def two_handlers_in_two_mixins() -> object:
    class One:
        @on("order.place")
        async def one(self, data: Order) -> None: ...

    class Other:
        @on("order.place")
        async def other(self, data: Order) -> None: ...

    class Shop(One, Other, EventConsumer): ...

    return Shop


def two_emits() -> object:
    class Shop(EventConsumer):
        placed = emits("order.placed", Order)
        also_placed = emits("order.placed", Order)

    return Shop


def blank_name() -> object:
    return on("")


def spaced_name() -> object:
    return emits("order placed", Order)


def long_name() -> object:
    return on("x" * 129)


def reserved_name() -> object:
    return on("nexws.ping")


def schema_against_annotation() -> object:
    class Shop(EventConsumer):
        @on("order.place", schema=Order)  # type: ignore[arg-type]
        async def place(self, data: Receipt) -> None: ...

    return Shop


def reply_against_annotation() -> object:
    class Shop(EventConsumer):
        @on("order.place", schema=Order, reply=Receipt)  # type: ignore[arg-type]
        async def place(self, data: Order) -> Order:
            return data

    return Shop


def reply_but_returns_nothing() -> object:
    class Shop(EventConsumer):
        @on("order.place", schema=Order, reply=Receipt)  # type: ignore[arg-type]
        async def place(self, data: Order) -> None: ...

    return Shop


def schema_without_parameter() -> object:
    class Shop(EventConsumer):
        @on("order.place", schema=Order)  # type: ignore[arg-type]
        async def place(self) -> None: ...

    return Shop


def no_annotation() -> object:
    class Shop(EventConsumer):
        @on("order.place")
        async def place(self, data) -> None:  # type: ignore[no-untyped-def]
            ...

    return Shop


def two_payloads() -> object:
    class Shop(EventConsumer):
        @on("order.place")
        async def place(self, data: Order, other: Receipt) -> None: ...

    return Shop


def keyword_parameter() -> object:
    class Shop(EventConsumer):
        @on("order.place")
        async def place(self, *, data: Order) -> None: ...

    return Shop


def a_sync_generator() -> object:
    class Shop(EventConsumer):
        @on("order.place")
        def place(self, data: Order) -> Iterator[Order]:
            yield data

    return Shop


def bare_family() -> object:
    return on("*")


def family_without_separator() -> object:
    return on("chat*")


def family_in_the_middle() -> object:
    return on("chat.*.x")


def family_that_is_reserved() -> object:
    return on("nexws.*")


def two_handlers_of_a_family() -> object:
    class Shop(EventConsumer):
        @on("order.*")
        async def one(self) -> None: ...

        @on("order.*")
        async def other(self) -> None: ...

    return Shop


def two_handlers_of_the_unknown() -> object:
    class Shop(EventConsumer):
        @on.unknown
        async def one(self) -> None: ...

        @on.unknown
        async def other(self) -> None: ...

    return Shop


def with_option(**options: Any) -> Callable[[], object]:
    """Make the mistake of one option."""

    def make() -> object:
        class Shop(EventConsumer):
            @on("order.place", **options)  # type: ignore[untyped-decorator] # whatever a test wants to say
            async def place(self, data: Order) -> None: ...

        return Shop

    make.__name__ = "_".join(options)
    return make


def unknown_option() -> object:
    return with_option(replies=Receipt)()


def latest_of_a_thread() -> object:
    class Shop(EventConsumer):
        @on("order.place", concurrency="latest")
        def place(self, data: Order) -> None: ...

    return Shop


def shielded_stream() -> object:
    class Shop(EventConsumer):
        @on("order.watch", shield=True)
        async def watch(self) -> AsyncIterator[int]:
            yield 1

    return Shop


def examples_without_payload() -> object:
    class Shop(EventConsumer):
        @on("order.clear", examples=[{}])
        async def clear(self) -> None: ...

    return Shop


def examples_of_bytes() -> object:
    class Shop(EventConsumer):
        @on("order.image", examples=["x"])
        async def image(self, data: bytes) -> None: ...

    return Shop


def a_guard_that_is_a_handler() -> object:
    class Shop(EventConsumer):
        @on("order.check")
        async def check(self) -> None: ...

        @on("order.place", guards=[check])  # type: ignore[list-item]
        async def place(self, data: Order) -> None: ...

    return Shop


class Sold(EventError[Order]):
    code = "sold"


class AlsoSold(EventError[Order]):
    code = "sold"


class NamelessError(EventError):
    """Has no code."""


def a_guard_of_the_class() -> object:
    class Shop(EventConsumer):
        guards = ["nothing to call"]  # type: ignore[list-item]

        @on("order.place")
        async def place(self, data: Order) -> None: ...

    return Shop


def a_bad_prefix() -> object:
    return EventRouter(prefix="order ")


def unknown_in_a_router() -> object:
    router = EventRouter(prefix="order.")

    @router.on.unknown
    async def rest(consumer: EventConsumer) -> None: ...

    return rest


def a_router_that_grows_too_late() -> object:
    router = EventRouter(prefix="order.")

    class Shop(EventConsumer):
        include = [router]

    return router.on("late")(lambda consumer: None)


def a_router_function_that_takes_too_much() -> object:
    router = EventRouter(prefix="order.")

    @router.on("place")
    async def place(consumer: EventConsumer, data: Order, other: Receipt) -> None: ...

    class Shop(EventConsumer):
        include = [router]

    return Shop


def an_example_of_a_push() -> object:
    return emits("order.placed", Order, examples=[{"item": 1}])


def a_bad_code() -> object:
    class BadError(EventError):
        code = "no spaces"

    return BadError


def reply_of_a_generator() -> object:
    class Shop(EventConsumer):
        @on("order.watch", schema=Order, reply=Receipt)  # type: ignore[arg-type]
        async def watch(self, data: Order) -> AsyncIterator[Receipt]:
            yield Receipt(number=1)

    return Shop


def stream_that_does_not_yield() -> object:
    class Shop(EventConsumer):
        @on("order.watch", schema=Order, stream=Receipt)  # type: ignore[arg-type]
        async def watch(self, data: Order) -> Receipt:
            return Receipt(number=1)

    return Shop


def stream_against_annotation() -> object:
    class Shop(EventConsumer):
        @on("order.watch", schema=Order, stream=Receipt)  # type: ignore[arg-type]
        async def watch(self, data: Order) -> AsyncIterator[Order]:
            yield data

    return Shop


def stream_of_no_type() -> object:
    class Shop(EventConsumer):
        @on("order.watch")
        async def watch(self, data: Order):  # type: ignore[no-untyped-def]
            yield data

    return Shop


def stream_annotated_as_one_item() -> object:
    class Shop(EventConsumer):
        @on("order.watch")
        async def watch(self, data: Order) -> Order:  # type: ignore[misc]
            yield data  # pyright: ignore[reportReturnType]

    return Shop


def unknown_annotation() -> object:
    class Shop(EventConsumer):
        @on("order.place")
        async def place(self, data: Nowhere) -> None:  # type: ignore[name-defined] # noqa: F821
            ...

    return Shop


class Unknown:
    """Nothing that Pydantic knows."""


def unusable_schema() -> object:
    class Shop(EventConsumer):
        @on("order.fine")
        async def fine(self, data: Order) -> None: ...

        @on("order.place")
        async def place(self, data: Unknown) -> None: ...

    return Shop


def unusable_reply() -> object:
    class Shop(EventConsumer):
        @on("order.place")
        async def place(self) -> Unknown:
            return Unknown()

    return Shop


def unusable_push() -> object:
    return emits("order.placed", Unknown)


def static_method() -> object:
    class Shop(EventConsumer):
        @on("order.place")
        @staticmethod
        async def place(data: Order) -> None: ...

    return Shop


def static_method_around_the_mark() -> object:
    class Shop(EventConsumer):
        @staticmethod
        @on("order.place")
        async def place(data: Order) -> None: ...

    return Shop


def no_self() -> object:
    class Shop(EventConsumer):
        @on("order.place")
        async def place() -> None: ...  # type: ignore[misc]

    return Shop


def guards_without_a_list() -> object:
    class Shop(EventConsumer):
        guards = authenticated  # type: ignore[assignment]

    return Shop


def misspelt_subprotocol() -> object:
    class Shop(EventConsumer):
        subprotocols = ["nexws.msgpak"]

    return Shop


def class_method() -> object:
    class Shop(EventConsumer):
        @on("order.place")
        @classmethod
        async def place(cls, data: Order) -> None: ...

    return Shop


def a_handler_called_like_a_method_of_consumers() -> object:
    class Shop(EventConsumer):
        @on("order.history")
        async def history(self, data: Order) -> None: ...  # type: ignore[override]

    return Shop


def a_push_called_like_an_attribute_of_consumers() -> object:
    class Mixin:
        user = emits("order.user", Order)

    class Shop(Mixin, EventConsumer): ...

    return Shop


def an_alias() -> object:
    class Shop(EventConsumer):
        @on("order.place")
        async def place(self, data: Order) -> None: ...

        other = place

    return Shop


def events_in_text() -> object:
    class Shop(EventConsumer):
        encoding = "text"

    return Shop


def unknown_encoding() -> object:
    class Shop(WebSocketConsumer):
        encoding = "xml"

    return Shop


MISTAKES: list[tuple[Callable[[], object], type[SetupError], str]] = [
    (
        two_handlers,
        DuplicateEventError,
        "'order.place' is declared twice, by two_handlers.<locals>.Shop.one (",
    ),
    (two_handlers_in_two_mixins, DuplicateEventError, "'order.place' is declared twice"),
    (two_emits, DuplicateEventError, "'order.placed' is declared twice"),
    (blank_name, EventNameError, "event '' cannot be declared: write 1 to 128 of"),
    (spaced_name, EventNameError, "event 'order placed' cannot be declared"),
    (long_name, EventNameError, "write 1 to 128 of A-Z"),
    (reserved_name, EventNameError, "names that begin with 'nexws.' belong to nexws"),
    (schema_against_annotation, HandlerSignatureError, "takes Receipt, but schema= declares Order"),
    (reply_against_annotation, HandlerSignatureError, "returns Order, but reply= declares Receipt"),
    (reply_but_returns_nothing, HandlerSignatureError, "returns None, but reply= declares Receipt"),
    (
        schema_without_parameter,
        HandlerSignatureError,
        "takes no payload, but schema= declares one; add a parameter",
    ),
    (
        no_annotation,
        HandlerSignatureError,
        "takes 'data' without an annotation; annotate 'data', or give schema=",
    ),
    (
        two_payloads,
        HandlerSignatureError,
        "takes 'other', which nothing supplies; take the payload, websocket, event: EventContext",
    ),
    (
        keyword_parameter,
        HandlerSignatureError,
        "takes 'data' as keyword-only parameter; take it as an ordinary parameter",
    ),
    (a_sync_generator, HandlerSignatureError, "is a generator that is not async; write it with async def"),
    (
        reply_of_a_generator,
        HandlerSignatureError,
        "yields, but reply= declares one answer; write stream=, or return",
    ),
    (
        stream_that_does_not_yield,
        HandlerSignatureError,
        "yields nothing, but stream= declares a stream; write reply=",
    ),
    (
        stream_against_annotation,
        HandlerSignatureError,
        "yields Order, but stream= declares Receipt; make the two",
    ),
    (
        stream_of_no_type,
        HandlerSignatureError,
        "yields, but does not say what; annotate it -> AsyncIterator[...]",
    ),
    (
        stream_annotated_as_one_item,
        HandlerSignatureError,
        "yields, but returns Order; annotate it -> AsyncIterator",
    ),
    (
        unknown_annotation,
        HandlerSignatureError,
        "names 'Nowhere', which is not known here; define or import it",
    ),
    (
        unusable_schema,
        SchemaError,
        "event 'order.place' has schema Unknown, which Pydantic cannot use; write a model",
    ),
    (unusable_reply, SchemaError, "event 'order.place' has schema Unknown, which Pydantic cannot use"),
    (unusable_push, SchemaError, "event 'order.placed' has schema Unknown, which Pydantic cannot use"),
    (static_method, HandlerSignatureError, "is no method; write one that takes self"),
    (static_method_around_the_mark, HandlerSignatureError, "is no method; write one that takes self"),
    (no_self, HandlerSignatureError, "does not take the consumer; take it first, as self"),
    (guards_without_a_list, SetupError, "Shop.guards is no list; write guards = [...]"),
    (misspelt_subprotocol, EncodingError, "has encoding 'nexws.msgpak'; use 'nexws.json' or 'nexws.msgpack'"),
    (class_method, HandlerSignatureError, "is no method; write one that takes self"),
    (
        a_handler_called_like_a_method_of_consumers,
        HandlerSignatureError,
        "Shop.history, has the name of what each consumer has, 'history'; rename it",
    ),
    (
        a_push_called_like_an_attribute_of_consumers,
        HandlerSignatureError,
        "Mixin.user, has the name of what each consumer has, 'user'; rename it",
    ),
    (an_alias, DuplicateEventError, "Shop.other ("),
    (bare_family, EventNameError, "write @on.unknown to serve what no other handler does"),
    (family_without_separator, EventNameError, "a family ends with '.*' or ':*', as 'chat.*' does"),
    (family_in_the_middle, EventNameError, "write 1 to 128 of A-Z"),
    (family_that_is_reserved, EventNameError, "names that begin with 'nexws.' belong to nexws"),
    (two_handlers_of_a_family, DuplicateEventError, "'order.*' is declared twice"),
    (two_handlers_of_the_unknown, DuplicateEventError, "'*' is declared twice"),
    (
        with_option(rate="fast"),
        HandlerSignatureError,
        "has rate='fast'; 'fast' is no rate; write it like '5/s'",
    ),
    (
        with_option(concurrency=0),
        HandlerSignatureError,
        "has concurrency=0; write 1, a greater number, or 'latest'",
    ),
    (with_option(concurrency="newest"), HandlerSignatureError, "has concurrency='newest'; write 1,"),
    (with_option(concurrency=True), HandlerSignatureError, "has concurrency=True; write 1,"),
    (with_option(timeout=0), HandlerSignatureError, "has timeout=0; write seconds, or math.inf for no end"),
    (
        with_option(errors=[ValueError]),
        HandlerSignatureError,
        "declares the failure ValueError, which has no code; name subclasses of EventError with a code",
    ),
    (
        with_option(errors=[NamelessError]),
        HandlerSignatureError,
        "declares the failure NamelessError, which has no code",
    ),
    (with_option(errors=[EventError("x")]), HandlerSignatureError, "which has no code"),
    (
        with_option(errors=[Sold, AlsoSold]),
        HandlerSignatureError,
        "declares Sold and AlsoSold with one code, 'sold'; give them two",
    ),
    (
        with_option(guards=["none"]),
        HandlerSignatureError,
        "has the guard 'none', which cannot be called; name a function",
    ),
    (with_option(middleware=[1]), HandlerSignatureError, "has the middleware 1, which cannot be called"),
    (
        a_guard_that_is_a_handler,
        HandlerSignatureError,
        "has the guard check, which is a handler itself; rename one",
    ),
    (a_guard_of_the_class, HandlerSignatureError, "has the guard 'nothing to call', which cannot be called"),
    (
        with_option(examples=[{"item": "tea"}, {"item": 1}]),
        ExampleError,
        "example 2 of event 'order.place' does not fit its schema: item: Input should be a valid string",
    ),
    (
        with_option(examples=[object()]),
        ExampleError,
        "example 1 of event 'order.place' does not fit its schema: it cannot",
    ),
    (with_option(timeout=True), HandlerSignatureError, "has timeout=True; write seconds"),
    (with_option(tags="orders"), HandlerSignatureError, "has tags='orders'; write a list of tags"),
    (
        with_option(examples="tea"),
        HandlerSignatureError,
        "has examples= that is text; write a list of examples",
    ),
    (examples_without_payload, HandlerSignatureError, "has examples, but no payload; leave examples= out"),
    (examples_of_bytes, ExampleError, "its payload is bytes; leave examples= out"),
    (an_example_of_a_push, ExampleError, "example 1 of event 'order.placed' does not fit its schema: item"),
    (
        latest_of_a_thread,
        HandlerSignatureError,
        "is no coroutine function, so none can be cancelled; write it with async",
    ),
    (
        shielded_stream,
        HandlerSignatureError,
        "yields, so nothing is left to do without a client; leave shield= out",
    ),
    (a_bad_prefix, RouterError, "EventRouter(prefix='order ') has a prefix that no name begins with"),
    (
        unknown_in_a_router,
        RouterError,
        "cannot serve what is unknown to all; write a family, as on('chat.*')",
    ),
    (
        a_router_that_grows_too_late,
        RouterError,
        "is included already; declare its events before the consumer's",
    ),
    (a_router_function_that_takes_too_much, HandlerSignatureError, "takes 'other', which nothing supplies"),
    (a_bad_code, ErrorDeclarationError, "has the code 'no spaces'; write 1 to 128 of A-Z"),
    (events_in_text, EncodingError, "use 'json' or 'msgpack', which events are written in"),
    (unknown_encoding, EncodingError, "has encoding 'xml'; use 'json', 'text', 'bytes' or None"),
]


@pytest.mark.parametrize(
    ("mistake", "error", "text"), MISTAKES, ids=lambda each: getattr(each, "__name__", "")
)
def test_a_mistake_fails_when_the_class_is_made(
    mistake: Callable[[], object], error: type[SetupError], text: str
) -> None:
    """The text names what is wrong and what to write instead."""
    with pytest.raises(error) as raised:
        mistake()
    assert text in str(raised.value)


def test_an_option_that_does_not_exist_is_an_error() -> None:
    """As with any function."""
    with pytest.raises(TypeError, match="replies"):
        unknown_option()


def test_a_mistake_in_a_handler_names_its_file_and_line() -> None:
    """The programmer can go there."""
    with pytest.raises(HandlerSignatureError) as raised:
        schema_without_parameter()
    line = schema_without_parameter.__code__.co_firstlineno + 2
    assert f"Shop.place ({__file__}:{line})" in str(raised.value)


def test_a_marked_method_is_returned_unchanged() -> None:
    """It can be called, and tested, like any other."""

    async def place(self: object, data: Order) -> None: ...

    assert on("order.place")(place) is place


def test_a_schema_is_read_from_the_first_parameter() -> None:
    """Nobody writes a type twice who does not want to."""

    class Shop(EventConsumer):
        @on("order.place")
        async def place(self, data: Order) -> Receipt:
            return Receipt(number=1)

        @on("order.watch")
        async def watch(self, websocket: WebSocket, data: Order) -> None: ...

        @on("order.follow")
        async def follow(self, data: Order, ws) -> None:  # type: ignore[no-untyped-def]
            ...

        @on("order.clear")
        async def clear(self) -> None: ...

    assert [Shop.events[name].schema for name in ("order.place", "order.watch", "order.follow")] == [
        Order
    ] * 3
    assert Shop.events["order.place"].reply is Receipt
    assert Shop.events["order.clear"].reply is None


def test_a_wider_parameter_and_a_narrower_result_agree_with_the_declaration() -> None:
    """What is safe to call is no mistake."""

    class Shop(EventConsumer):
        @on("order.place", schema=Fancy, reply=Order)
        async def place(self, data: Order) -> Fancy:
            return Fancy(item=data.item, colour="red")

        @on("order.any", schema=Order)
        async def take_anything(self, data: Any) -> None: ...

    assert Shop.events["order.place"].schema is Fancy
    assert Shop.events["order.any"].schema is Order


@pytest.mark.parametrize(
    ("declared", "hint"),
    [
        (Annotated[int, Field(ge=1)], int),
        (int, Annotated[int, Field(ge=1)]),
        (Order, Order | Receipt),
        (Union[Order, Receipt], Union[Receipt, Order, None]),
        (Fancy, Union[Order, None]),
        (Literal["a"], Any),
    ],
)
def test_a_narrower_declaration_than_the_parameter_agrees(declared: Any, hint: Any) -> None:
    """Of unions and constraints too; what counts is the declaration."""

    async def method(self: Any, data: Any) -> None: ...

    method.__annotations__["data"] = hint
    shop: Any = type("Shop", (EventConsumer,), {"method": on("it", schema=declared)(method)})
    assert shop.events["it"].schema == declared


@pytest.mark.parametrize(
    ("declared", "hint"),
    [(Union[Order, Receipt], Order), (Union[Order, None], Order), (Literal["a"], int), (list[Order], Order)],
)
def test_a_wider_declaration_than_the_parameter_does_not(declared: Any, hint: Any) -> None:
    async def method(self: Any, data: Any) -> None: ...

    method.__annotations__["data"] = hint
    with pytest.raises(HandlerSignatureError, match="make the two agree"):
        type("Shop", (EventConsumer,), {"method": on("it", schema=declared)(method)})


def test_what_is_declared_for_documents_is_kept() -> None:
    class Shop(EventConsumer):
        @on("order.place", tags=["orders"], deprecated=True, examples=[Order(item="tea"), {"item": "milk"}])
        async def place(self, data: Order) -> None:
            """Place an order.

            It is not paid yet.
            """

        placed = emits(
            "order.placed", Order, summary="An order was placed.", tags=["orders"], examples=[{"item": "tea"}]
        )

    handler, push = Shop.events["order.place"], Shop.pushes["order.placed"]
    assert (handler.tags, handler.deprecated) == (("orders",), True)
    assert handler.examples == ({"item": "tea"}, {"item": "milk"})
    assert (handler.summary, handler.description) == (
        "Place an order.",
        "Place an order.\n\nIt is not paid yet.",
    )
    assert (push.summary, push.tags, push.deprecated) == ("An order was placed.", ("orders",), False)
    assert push.examples == ({"item": "tea"},)


def test_events_stand_in_the_order_written_bases_first() -> None:
    """Documents made from them do not jump about."""

    class Base(EventConsumer):
        first_push = emits("push.first", Order)

        @on("b")
        async def b(self) -> None: ...

        @on("a")
        async def a(self) -> None: ...

    class Child(Base):
        second_push = emits("push.second", Order)

        @on("d")
        @on("c")
        async def c(self) -> None: ...

    assert list(Child.events) == ["b", "a", "d", "c"]
    assert list(Base.events) == ["b", "a"]
    assert list(Child.pushes) == ["push.first", "push.second"]


def test_an_override_replaces_the_handler() -> None:
    """With marks of its own it serves those, without it serves what the base declared."""

    class Base(EventConsumer):
        @on("kept", schema=Order)
        async def kept(self, data: Order) -> None: ...

        @on("renamed")
        async def renamed(self, data: Order) -> None: ...

        @on("dropped")
        async def dropped(self, data: Order) -> None: ...

    class Child(Base):
        dropped = None  # type: ignore[assignment]

        async def kept(self, data: Order) -> None: ...

        @on("new")
        async def renamed(self, data: Order) -> None: ...

    assert list(Child.events) == ["kept", "new"]
    assert "Child.kept" in Child.events["kept"].where


def test_an_event_may_be_received_and_sent_by_one_name() -> None:
    """Both directions of one name are two things."""

    class Shop(EventConsumer):
        cursor = emits("cursor", Order)

        @on("cursor")
        async def move(self, data: Order) -> None: ...

    assert list(Shop.events) == list(Shop.pushes) == ["cursor"]


def test_models_of_the_function_around_the_class_are_found() -> None:
    """Annotations are text here; tests and factories define models where they need them."""

    class Local(BaseModel):
        item: str

    class Shop(EventConsumer):
        class Inner(BaseModel):
            item: str

        @on("local")
        async def local(self, data: Local) -> None: ...

        @on("inner")
        async def inner(self, data: Inner) -> None: ...

    assert Shop.events["local"].schema is Local
    assert Shop.events["inner"].schema is Shop.Inner
