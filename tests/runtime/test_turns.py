"""Turns: one at a time, in order, and through to the end although somebody cancels."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest
from anyio.lowlevel import checkpoint

from nexws.runtime.turns import Patience, Turns


@asynccontextmanager
async def one_of(turns: Turns) -> AsyncIterator[None]:
    """Have a turn, and raise afterwards what came while it was waited for."""
    patience = Patience()
    await turns.take(patience)
    try:
        yield
    finally:
        turns.give()
    patience.end()


async def test_turns_come_in_the_order_of_asking_and_one_at_a_time() -> None:
    """Also to those who ask while others wait."""
    turns, happened = Turns(), list[str]()

    async def work(number: int) -> None:
        async with one_of(turns):
            happened.append(f"{number} in")
            await checkpoint()
            happened.append(f"{number} out")

    async with anyio.create_task_group() as tasks:
        for number in range(5):
            tasks.start_soon(work, number)
            await checkpoint()
    assert happened == [f"{number} {way}" for number in range(5) for way in ("in", "out")]
    assert not turns.is_taken


async def test_who_finds_nobody_waits_for_nobody() -> None:
    """A turn that is free is taken at once."""
    turns = Turns()
    taking = turns.take(Patience())
    with pytest.raises(StopIteration):
        taking.send(None)
    assert turns.is_taken
    turns.give()
    assert not turns.is_taken


@pytest.mark.parametrize("how", ["asyncio", "anyio"])
async def test_who_is_cancelled_while_waiting_still_gets_its_turn_and_raises_then(how: str) -> None:
    """So that nothing is left half done, whichever way it was cancelled, and however often."""
    turns, happened = Turns(), list[str]()
    await turns.take(Patience())
    scope = anyio.CancelScope()

    async def work() -> None:
        with scope:
            async with one_of(turns):
                happened.append("done")
            happened.append("not cancelled")

    working = asyncio.ensure_future(work())
    await checkpoint()
    for _ in range(3):
        if how == "anyio":
            scope.cancel()
        else:
            working.cancel()
        await checkpoint()
    assert happened == []
    turns.give()
    await asyncio.wait([working], timeout=2)
    assert happened == ["done"]
    assert working.cancelled() is (how == "asyncio")
    assert not turns.is_taken


async def test_the_loop_is_given_to_others_once_although_cancelled() -> None:
    """What is cancelled goes on step by step, as the others do."""
    steps = list[str]()

    async def work(name: str) -> None:
        patience = Patience()
        for _ in range(3):
            await patience.let_others_run()
            steps.append(name)
        patience.end()

    first, second = (asyncio.ensure_future(work(name)) for name in "ab")
    await checkpoint()
    first.cancel()
    await asyncio.wait([first, second], timeout=2)
    assert sorted(steps) == list("aaabbb")
    assert steps != list("aaabbb")
    assert first.cancelled()
    assert not second.cancelled()
