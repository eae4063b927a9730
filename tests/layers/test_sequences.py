"""Any sequence of calls that hypothesis can think of, against the contract's model."""

from __future__ import annotations

import os

import anyio
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from nexws.layers import MemoryLayer
from nexws.testing.layer_contract import LayerContract
from nexws.testing.layer_contract.sequences import Follow, Publish, Read, Step, Unfollow

TWO = st.integers(0, 1)
STEPS: st.SearchStrategy[list[Step]] = st.lists(
    st.one_of(
        st.builds(Publish, TWO, TWO, is_kept=st.booleans(), key=st.sampled_from([None, None, "k", "l"])),
        st.builds(Follow, TWO, TWO),
        st.builds(Unfollow, TWO, TWO),
        st.builds(Read, TWO, TWO, st.none() | st.integers(-2, 6), st.none() | st.integers(0, 6)),
    ),
    max_size=40,
)


class Contract(LayerContract):
    def __init__(self) -> None:
        self.first = MemoryLayer()

    @override
    def node(self) -> MemoryLayer:
        return self.first.twin()


@settings(max_examples=200, deadline=None, derandomize="CI" in os.environ)
@given(steps=STEPS)
def test_any_sequence_does_what_the_model_does(steps: list[Step]) -> None:
    """Two nodes, two groups, and everything between them."""
    anyio.run(Contract().see_sequence, steps)
