"""Failures of a program's own, as part of its contract."""

from __future__ import annotations

from typing import Any

import pytest
from nexios import NexiosApp
from pydantic import BaseModel

from nexws import ErrorDeclarationError, EventConsumer, EventError, EventFailed, EventRouter, Nexws, on
from nexws.testing import connect


class Capacity(BaseModel):
    most: int


class GroupFull(EventError[Capacity]):
    """The group is full.

    Only the first line is told.
    """

    code = "group_full"
    retryable = True


class Gone(EventError[None]):
    code = "gone"


router = EventRouter(prefix="r.", errors=[Gone])


@router.on("gone")
async def leave(consumer: EventConsumer) -> None:
    raise Gone("it has left")


class Groups(EventConsumer):
    errors = [Gone]
    include = [router]

    @on("join", errors=[GroupFull])
    async def join(self, data: str) -> None:
        if data == "full":
            raise GroupFull(data=Capacity(most=3))
        if data == "other words":
            raise GroupFull("no seat", data=Capacity(most=3), retryable=False)
        if data == "lies":
            raise GroupFull(data={"most": "many"})  # type: ignore[arg-type]
        if data == "more":
            raise Gone("gone", data="what is not declared")  # type: ignore[arg-type]
        if data == "no data":
            raise GroupFull
        if data == "of the class":
            raise Gone
        raise EventError("surprise", "nobody declared it")

    @on("forbid")
    async def forbid(self) -> None:
        raise EventError("forbidden", "not you")


def serve(**settings: Any) -> NexiosApp:
    app = NexiosApp()
    Nexws(app, **settings)
    app.add_ws_route(Groups.as_route("/"))
    return app


async def fail(app: NexiosApp, event: str, data: object = None) -> EventFailed:
    async with connect(app, "/") as client:
        with pytest.raises(EventFailed) as failed:
            await client.call(event, data)
        return failed.value


async def test_a_declared_failure_has_its_code_its_words_and_its_data() -> None:
    failed = await fail(serve(), "join", "full")
    assert (failed.code, failed.message, failed.retryable) == ("group_full", "The group is full.", True)
    assert failed.data == {"most": 3}


async def test_words_and_retryable_may_be_said_when_it_is_raised() -> None:
    failed = await fail(serve(), "join", "other words")
    assert (failed.message, failed.retryable) == ("no seat", False)


@pytest.mark.parametrize("data", ["lies", "more"])
async def test_data_that_is_not_declared_is_not_told(data: str, caplog: pytest.LogCaptureFixture) -> None:
    """The log says what is wrong with it, not what is in it."""
    assert (await fail(serve(), "join", data)).code == "internal"
    assert "whose data" in caplog.text
    assert "many" not in caplog.text


async def test_data_may_be_left_out() -> None:
    """Better than to lose the code."""
    failed = await fail(serve(strict=True), "join", "no data")
    assert (failed.code, failed.data) == ("group_full", None)


async def test_failures_of_the_class_and_of_routers_are_declared_too() -> None:
    assert (await fail(serve(strict=True), "join", "of the class")).code == "gone"
    assert (await fail(serve(strict=True), "r.gone")).code == "gone"
    assert set(Groups.events["join"].errors) == {"gone", "group_full"}


@pytest.mark.outside_contract("a program that is not strict need not declare its codes", '"code":"surprise"')
async def test_an_undeclared_code_is_told_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    app = serve()
    for _ in range(2):
        assert (await fail(app, "join", "else")).code == "surprise"
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "fails with the code 'surprise', which it does not declare" in caplog.text


async def test_an_undeclared_code_is_not_told_where_the_application_is_strict(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert (await fail(serve(strict=True), "join", "else")).code == "internal"
    assert "does not declare; name its class in errors=[...]" in caplog.text


async def test_the_codes_of_nexws_need_no_declaration() -> None:
    assert (await fail(serve(strict=True), "forbid")).code == "forbidden"


@pytest.mark.parametrize("code", ["", "with space", "x" * 129, "ünicode"])
def test_a_declared_code_is_checked_when_the_class_is_made(code: str) -> None:
    name = code
    with pytest.raises(ErrorDeclarationError, match="has the code"):

        class WrongError(EventError):
            code = name


def test_a_failure_needs_one_code_and_no_more() -> None:
    with pytest.raises(TypeError, match="an EventError needs a code"):
        EventError()
    with pytest.raises(TypeError, match="has its code already"):
        GroupFull("group_full", "the group is full")


def test_a_subclass_of_a_declared_failure_keeps_what_it_does_not_change() -> None:
    class RoomFull(GroupFull):
        """Another one."""

        code = "room_full"

    raised = RoomFull(data=Capacity(most=1))
    assert (raised.code, raised.message, raised.retryable) == ("room_full", "Another one.", True)
    assert RoomFull.data_type is Capacity
