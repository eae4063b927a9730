"""What stands before a handler and what goes around it, at every level."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nexios import NexiosApp
from nexios.auth.users.simple import SimpleUser, UnauthenticatedUser
from nexios.dependencies import Depend

from nexws import (
    CallNext,
    EventConsumer,
    EventContext,
    EventError,
    EventFailed,
    EventMiddleware,
    EventRouter,
    Guard,
    Nexws,
    Rate,
    authenticated,
    on,
)
from nexws.events import Bucket
from nexws.testing import connect

LOG: list[str] = []


@pytest.fixture(autouse=True)
def _empty_log() -> None:
    LOG.clear()


def guard(name: str) -> Guard:
    def check(event: EventContext) -> None:
        LOG.append(f"guard {name}")

    return check


def middleware(name: str) -> EventMiddleware:
    async def around(event: EventContext, call_next: CallNext) -> Any:
        LOG.append(f"{name} (")
        result = await call_next(event)
        LOG.append(f") {name}")
        return result

    return around


def provided() -> Iterator[int]:
    LOG.append("dependency (")
    yield 1
    LOG.append(") dependency")


inner = EventRouter(prefix="c.", guards=[guard("inner")], middleware=[middleware("inner")])
outer = EventRouter(prefix="b.", include=[inner], guards=[guard("outer")], middleware=[middleware("outer")])


@inner.on("d", guards=[guard("event")], middleware=[middleware("event")])
async def handle(
    consumer: EventConsumer,
    number: int = Depend(provided),  # type: ignore[assignment]
) -> int:
    LOG.append("handler")
    return number


class Base(EventConsumer):
    guards = [guard("base")]
    event_middleware = [middleware("base")]


class Layers(Base):
    include = [outer]
    guards = [guard("class")]
    event_middleware = [middleware("class")]

    @on("plain", guards=[guard("event")])
    async def plain(self) -> None:
        LOG.append("handler")


def layered() -> NexiosApp:
    app = NexiosApp()
    Nexws(app, guards=[guard("app")], event_middleware=[middleware("app")])
    app.add_ws_route(Layers.as_route("/"))
    return app


async def test_all_levels_come_in_the_documented_order() -> None:
    """Guards first, from the application to the event; then middleware likewise; then dependencies and the handler."""
    async with connect(layered(), "/") as client:
        assert await client.call("b.c.d") == 1
    levels = ["app", "base", "class", "outer", "inner", "event"]
    assert [
        *(f"guard {level}" for level in levels),
        *(f"{level} (" for level in levels),
        "dependency (",
        "handler",
        ") dependency",
        *(f") {level}" for level in reversed(levels)),
    ] == LOG


async def test_a_method_has_the_levels_of_its_class_only() -> None:
    async with connect(layered(), "/") as client:
        await client.call("plain")
    assert LOG[:4] == ["guard app", "guard base", "guard class", "guard event"]
    assert not [entry for entry in LOG if "outer" in entry]


# -- guards


async def later(event: EventContext) -> bool | None:
    return None if event.data != "no" else False


def closed(event: EventContext) -> bool:
    return False


def nothing(event: EventContext) -> None:
    """Gives nothing, which is no refusal."""


def dear(event: EventContext) -> None:
    raise EventError("payment_required", "pay first")


def broken(event: EventContext) -> None:
    raise KeyError("secret")


def sees_all(event: EventContext) -> bool | None:
    assert isinstance(event.consumer, Guarded)
    assert event.data == "hi"
    assert event.path_params == {"room": "lobby"}
    assert event.websocket is event.consumer.websocket
    event.state["seen"] = event.name
    return True


class Guarded(EventConsumer):
    @on("later", guards=[later])
    async def later(self, data: str) -> str:
        return data

    @on("never", guards=[nothing, closed])
    async def never(self) -> None:
        LOG.append("handled")

    @on("dear", guards=[dear])
    async def dear(self) -> None:
        LOG.append("handled")

    @on("broken", guards=[broken])
    async def broken(self) -> None:
        LOG.append("handled")

    @on("sees", guards=[sees_all])
    async def sees(self, data: str, event: EventContext) -> Any:
        return event.state["seen"]

    @on("known", guards=[authenticated])
    async def known(self) -> str:
        return "welcome"

    @on("stream", guards=[closed])
    async def stream(self) -> AsyncIterator[int]:
        LOG.append("handled")
        yield 1

    @on("beside", guards=[closed], concurrency=2)
    async def beside(self) -> None:
        LOG.append("handled")


@pytest.fixture
def guarded() -> NexiosApp:
    app = NexiosApp()
    app.add_ws_route(Guarded.as_route("/{room}"))
    return app


@pytest.mark.parametrize(
    ("event", "data", "code"),
    [
        ("later", "no", "forbidden"),
        ("never", None, "forbidden"),
        ("stream", None, "forbidden"),
        ("beside", None, "forbidden"),
        ("dear", None, "payment_required"),
        ("broken", None, "internal"),
        ("known", None, "unauthenticated"),
    ],
)
@pytest.mark.outside_contract(
    "a program that is not strict need not declare its codes", '"code":"payment_required"'
)
async def test_what_a_guard_does_not_let_through_is_not_handled(
    guarded: NexiosApp, event: str, data: Any, code: str
) -> None:
    """And a guard that fails lets nothing through."""
    async with connect(guarded, "/lobby") as client:
        with pytest.raises(EventFailed) as failed:
            await client.call(event, data)
        assert failed.value.code == code
        assert "secret" not in failed.value.message
    assert not LOG


async def test_a_guard_sees_what_the_handler_will(guarded: NexiosApp) -> None:
    async with connect(guarded, "/lobby") as client:
        assert await client.call("later", "yes") == "yes"
        assert await client.call("sees", "hi") == "sees"


@pytest.mark.parametrize(
    ("user", "known"),
    [(None, False), (UnauthenticatedUser(), False), (SimpleUser("ann"), True), ("ann", True)],
)
async def test_authenticated_lets_known_users_through(guarded: NexiosApp, user: Any, known: bool) -> None:
    async with connect(guarded, "/lobby", user=user) as client:
        if known:
            assert await client.call("known") == "welcome"
        else:
            with pytest.raises(EventFailed):
                await client.call("known")


# -- middleware


async def doubles(event: EventContext, call_next: CallNext) -> Any:
    return 2 * await call_next(replace(event, data=event.data + 1))


async def answers(event: EventContext, call_next: CallNext) -> Any:
    return "no handler was asked"


async def lies(event: EventContext, call_next: CallNext) -> Any:
    return {"not": "what is declared"}


async def translates(event: EventContext, call_next: CallNext) -> Any:
    try:
        return await call_next(event)
    except LookupError as error:
        raise EventError("not_found", "there is none") from error


async def skips_odd(event: EventContext, call_next: CallNext) -> Any:
    items = await call_next(event)

    async def even() -> AsyncIterator[int]:
        async for item in items:
            if item % 2 == 0:
                yield item

    return even()


class Around(EventConsumer):
    @on("doubled", middleware=[doubles])
    async def doubled(self, data: int) -> int:
        return data

    @on("answered", middleware=[answers], reply=str)
    async def answered(self) -> str:
        LOG.append("handled")
        return ""

    @on("lied", middleware=[lies], reply=int)
    async def lied(self) -> int:
        return 1

    @on("translated", middleware=[translates])
    async def translated(self) -> None:
        raise KeyError("secret")

    @on("even", middleware=[skips_odd])
    async def even(self, data: int) -> AsyncIterator[int]:
        try:
            for n in range(data):
                yield n
        finally:
            LOG.append("closed")


@pytest.fixture
def around() -> NexiosApp:
    app = NexiosApp()
    app.add_ws_route(Around.as_route("/"))
    return app


async def test_middleware_may_change_the_payload_and_the_reply(around: NexiosApp) -> None:
    async with connect(around, "/") as client:
        assert await client.call("doubled", 1) == 4


async def test_middleware_may_answer_itself(around: NexiosApp) -> None:
    async with connect(around, "/") as client:
        assert await client.call("answered") == "no handler was asked"
    assert not LOG


async def test_what_middleware_returns_must_fit_the_declaration(around: NexiosApp) -> None:
    async with connect(around, "/") as client:
        with pytest.raises(EventFailed) as failed:
            await client.call("lied")
        assert failed.value.code == "internal"


@pytest.mark.outside_contract("a program that is not strict need not declare its codes", '"code":"not_found"')
async def test_middleware_may_translate_what_a_handler_raises(around: NexiosApp) -> None:
    async with connect(around, "/") as client:
        with pytest.raises(EventFailed) as failed:
            await client.call("translated")
        assert failed.value.code == "not_found"


async def test_middleware_gets_the_items_of_a_stream(around: NexiosApp) -> None:
    """And the handler's own clean-up follows its last item."""
    async with connect(around, "/") as client:
        assert [n async for n in client.stream("even", 5)] == [0, 2, 4]
    assert LOG == ["closed"]


# -- rates


class Limited(EventConsumer):
    guards = [guard("class")]

    @on("few", rate=Rate(2, seconds=3600))
    async def few(self) -> int:
        return 1

    @on("burst", rate=Rate(1, seconds=3600, burst=3))
    async def burst(self) -> int:
        return 1

    @on("soon", rate="1000/s")
    async def soon(self) -> int:
        return 1


async def test_more_than_the_rate_is_refused_with_the_time_to_wait() -> None:
    """For this connection and this event; guards are not even asked."""
    app = NexiosApp()
    app.add_ws_route(Limited.as_route("/"))
    async with connect(app, "/") as ann, connect(app, "/") as bob:
        for _ in range(2):
            await ann.call("few")
        asked = len(LOG)
        with pytest.raises(EventFailed) as failed:
            await ann.call("few")
        assert (failed.value.code, failed.value.retryable) == ("rate_limited", True)
        assert failed.value.retry_after is not None
        assert 1700 < failed.value.retry_after <= 1800
        assert len(LOG) == asked
        assert await bob.call("few") == 1
        assert [await ann.call("burst") for _ in range(3)] == [1, 1, 1]
        with pytest.raises(EventFailed):
            await ann.call("burst")


@pytest.mark.parametrize(
    ("text", "rate"),
    [("5/s", Rate(5)), ("100/m", Rate(100, 60)), ("9/h", Rate(9, 3600)), ("3/10s", Rate(3, 10))],
)
def test_a_rate_is_written_in_words(text: str, rate: Rate) -> None:
    assert Rate.parse(text) == rate


@pytest.mark.parametrize("text", ["", "5", "5/", "s", "5/d", "-1/s", "1.5/s", "5/0s", "0/s"])
def test_other_words_are_no_rate(text: str) -> None:
    with pytest.raises(ValueError, match="rate"):
        Rate.parse(text)


@pytest.mark.parametrize("numbers", [{"events": 0}, {"events": 1, "seconds": 0}, {"events": 1, "burst": 0}])
def test_a_rate_has_numbers_greater_than_zero(numbers: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="greater than zero"):
        Rate(**numbers)


@given(
    st.integers(1, 20),
    st.floats(0.1, 100),
    st.integers(1, 40) | st.none(),
    st.lists(st.floats(0, 10), max_size=60),
)
def test_a_bucket_never_gives_more_than_its_rate(
    events: int, seconds: float, burst: int | None, pauses: list[float]
) -> None:
    """Whoever waits as long as told is served, and no window has more than the burst and the rate together."""
    rate, now, served = Rate(events, seconds, burst), 0.0, list[float]()
    bucket = Bucket(rate, now)
    for pause in pauses:
        now += pause
        wait = bucket.take(now)
        if wait:
            now += wait * 1.000001 + 1e-9
            assert bucket.take(now) == 0.0
        served.append(now)
    full = burst or events
    for first in range(len(served)):
        for last in range(first, len(served)):
            allowed = full + (served[last] - served[first]) * events / seconds
            assert last - first + 1 <= allowed + 1.001
