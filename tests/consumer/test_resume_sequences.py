"""Whatever is published, and whenever a client is cut: it has everything in the end, once and in order, or is told."""

from __future__ import annotations

import os
from dataclasses import replace

import anyio
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from typing_extensions import override

from nexws import Position
from nexws.layers import Page
from tests.consumer.returning import GROUPS, Cut, Forget, Publish, Return, Step, StepwiseLayer, World

FEW = st.integers(0, 4)
MAYBE_CUT = st.none() | st.integers(0, 3)
STEPS: st.SearchStrategy[list[Step]] = st.lists(
    st.one_of(
        st.builds(Publish, st.sampled_from(GROUPS), FEW, MAYBE_CUT),
        st.just(Cut()),
        st.builds(Return, before=FEW, meanwhile=FEW, turns=st.integers(0, 8), cut_after=MAYBE_CUT),
        st.just(Forget()),
    ),
    max_size=15,
)
BOUND = st.integers(1, 6)


async def play(layer: StepwiseLayer, steps: list[Step], events: int, resume_events: int) -> None:
    await World(layer, events=events, resume_events=resume_events).run(steps)


@settings(max_examples=150, deadline=None, derandomize="CI" in os.environ)
@given(steps=STEPS, events=BOUND, resume_events=BOUND)
def test_a_client_that_comes_and_goes_has_everything_or_is_told(
    steps: list[Step], events: int, resume_events: int
) -> None:
    """With what is published before it resumes, and while it does."""
    anyio.run(play, StepwiseLayer(), steps, events, resume_events)


class DropsOne(StepwiseLayer):
    """A page with two entries or more is without its second, and says that it is complete."""

    @override
    async def read(self, group: str, *, since: Position | None = None, limit: int | None = None) -> Page:
        page = await super().read(group, since=since, limit=limit)
        return replace(page, entries=[each for n, each in enumerate(page.entries) if n != 1])


class ClaimsToBeComplete(StepwiseLayer):
    """What has been dropped, or cut by the limit, is not told."""

    @override
    async def read(self, group: str, *, since: Position | None = None, limit: int | None = None) -> Page:
        return replace(await super().read(group, since=since, limit=limit), is_complete=True)


class NeverComplete(StepwiseLayer):
    """Nothing is ever recovered."""

    @override
    async def read(self, group: str, *, since: Position | None = None, limit: int | None = None) -> Page:
        return replace(await super().read(group, since=since, limit=limit), is_complete=False)


class Reversed(StepwiseLayer):
    """The newest comes first."""

    @override
    async def read(self, group: str, *, since: Position | None = None, limit: int | None = None) -> Page:
        page = await super().read(group, since=since, limit=limit)
        return replace(page, entries=page.entries[::-1])


@pytest.mark.parametrize("faulty", [DropsOne, ClaimsToBeComplete, NeverComplete, Reversed])
def test_a_layer_with_a_fault_is_found_out(faulty: type[StepwiseLayer]) -> None:
    """So the test above can fail."""

    def is_noticed(case: tuple[list[Step], int, int]) -> bool:
        try:
            anyio.run(play, faulty(), *case)
        except AssertionError:
            return True
        return False

    find(
        st.tuples(STEPS, BOUND, BOUND),
        is_noticed,
        settings=settings(
            max_examples=1000,
            deadline=None,
            phases=[Phase.generate],
            derandomize="CI" in os.environ,
            database=None,
        ),
    )
