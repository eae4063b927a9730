"""The tests that every channel layer passes: subclass ``LayerContract``, and say how a node is made.

They need no test runner in particular: each is a coroutine method, a failure is an ``AssertionError``, and a test that
needs what the author does not lend raises ``unittest.SkipTest``.
"""

from __future__ import annotations

from nexws.testing.layer_contract.bench import Bench, Delivered, Node
from nexws.testing.layer_contract.carrying import Carrying
from nexws.testing.layer_contract.delivery import Delivery
from nexws.testing.layer_contract.faults import Faults
from nexws.testing.layer_contract.history import History
from nexws.testing.layer_contract.keys import Keys
from nexws.testing.layer_contract.presence import Presence
from nexws.testing.layer_contract.sequences import Sequences

__all__ = ["Bench", "Delivered", "LayerContract", "Node"]


class LayerContract(Delivery, Carrying, History, Keys, Presence, Faults, Sequences):
    """What ``ChannelLayer`` promises, as tests.

    A subclass gives ``node``, and may lend ``pass_time``, ``lose_the_store``, ``kill``, ``interrupt`` and ``cut_off``;
    without one of these, the tests that need it are skipped. Each test makes its own nodes and groups: what others
    have left in the store does no harm.
    """
