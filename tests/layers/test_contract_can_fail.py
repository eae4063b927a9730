"""The contract notices what it is for: each layer here has one fault, and a test of the contract fails for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any
from unittest import SkipTest

import pytest
from typing_extensions import override

from nexws.layers import MemoryLayer
from nexws.protocol import Publication, Published
from nexws.testing.layer_contract import LayerContract, Node
from tests.layers import faulty
from tests.layers.faulty import Remote


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


class Contract(LayerContract):
    patience = 0.1

    def __init__(self, layer: type[MemoryLayer]) -> None:
        self.clock = Clock()
        self.first = layer(groups=20, clock=self.clock)

    @override
    def node(self) -> MemoryLayer:
        return self.first.twin()

    @override
    async def pass_time(self, seconds: float) -> None:
        self.clock.now += seconds

    @override
    async def lose_the_store(self) -> None:
        self.first._memory.logs.clear()


@pytest.mark.parametrize("field", [each.name for each in fields(Publication)])
async def test_a_lost_field_is_noticed(field: str) -> None:
    """The contract publishes something in each; the layer delivers and keeps what is left."""
    default: Any = {each.name: each.default for each in fields(Publication)}[field]
    lost: dict[str, Any] = {field: {"consumer": "", "bodies": {}}.get(field, default)}

    class Loses(MemoryLayer):
        @override
        async def publish(self, group: str, publication: Publication, **options: Any) -> Published:
            return await super().publish(group, replace(publication, **lost), **options)

    for name in ("test_publications_are_delivered_whole", "test_publications_are_kept_whole"):
        with pytest.raises(AssertionError):
            await getattr(Contract(Loses), name)()


class RemoteContract(Contract):
    @override
    async def kill(self, node: Node) -> None:
        assert isinstance(node.layer, Remote)
        await node.layer.kill()

    @override
    async def interrupt(self, node: Node) -> None:
        assert isinstance(node.layer, Remote)
        await node.layer.interrupt()

    @override
    async def cut_off(self) -> None:
        assert isinstance(self.first, Remote)
        self.first.shared["is_cut"] = True


FAULTS: list[tuple[type[MemoryLayer], str]] = [
    (faulty.DropsOne, "test_all_nodes_get_a_group_in_one_order"),
    (faulty.DropsOne, "test_what_is_kept_arrives_in_the_order_of_its_positions"),
    (faulty.DropsOne, "test_following_again_at_once_misses_nothing"),
    (faulty.DeliversTwice, "test_a_publication_reaches_each_node_that_follows_its_group"),
    (faulty.DeliversTwice, "test_following_twice_delivers_once"),
    (faulty.DeliversLate, "test_what_is_kept_arrives_in_the_order_of_its_positions"),
    (faulty.DeliversLate, "test_reading_after_following_leaves_no_hole"),
    (faulty.DeliversElsewhere, "test_publications_reach_the_groups_that_they_are_for"),
    (faulty.DeliversUnasked, "test_a_publication_reaches_each_node_that_follows_its_group"),
    (faulty.WithoutTurns, "test_a_slow_node_changes_no_order"),
    (faulty.FollowsLate, "test_reading_after_following_leaves_no_hole"),
    (faulty.FollowsLate, "test_any_sequence_of_calls"),
    (faulty.FollowsTwice, "test_following_twice_delivers_once"),
    (faulty.FollowsOn, "test_unfollowing_ends_delivery"),
    (faulty.UnfollowsLate, "test_following_again_at_once_misses_nothing"),
    (faulty.EmptiesOldQueues, "test_what_waited_when_a_group_was_unfollowed_does_not_come_late"),
    (faulty.CountsNobody, "test_it_tells_how_many_have_it"),
    (faulty.GivesUpHalfway, "test_a_cancelled_publication_is_everywhere_or_nowhere"),
    (faulty.WithoutTurns, "test_a_publication_cancelled_at_a_slow_node_reaches_the_others"),
    (faulty.NeverEnds, "test_nothing_is_delivered_after_the_end"),
    (faulty.EndsOnce, "test_nothing_is_delivered_after_the_end"),
    (faulty.NeedsASink, "test_a_node_without_a_sink_publishes_and_reads"),
    (faulty.SaysItIsDown, "test_a_node_that_is_up_says_so"),
    (faulty.ForgetsKeys, "test_a_key_publishes_once"),
    (faulty.ForgetsKeys, "test_any_sequence_of_calls"),
    (faulty.SharesKeys, "test_keys_are_told_apart"),
    (faulty.RemembersKeysLate, "test_a_key_publishes_once_of_many_at_once"),
    (faulty.RenewsKeys, "test_a_key_is_known_for_five_minutes"),
    (faulty.HidesDuplicates, "test_a_key_publishes_once"),
    (faulty.KeepsEverything, "test_events_are_kept_up_to_their_number"),
    (faulty.KeepsEverything, "test_any_sequence_of_calls"),
    (faulty.KeepsTooLong, "test_events_are_kept_up_to_their_age"),
    (faulty.KeepsTooMuch, "test_events_are_kept_up_to_their_size"),
    (faulty.NumbersEverything, "test_positions_of_a_group_are_gapless"),
    (faulty.ReadsOtherwise, "test_what_is_kept_is_read_oldest_first"),
    (faulty.SaysComplete, "test_reading_since_what_is_not_proved_is_incomplete"),
    (faulty.SaysComplete, "test_reading_since_what_is_dropped_is_incomplete"),
    (faulty.SaysComplete, "test_a_group_that_nothing_was_kept_of_is_empty"),
    (faulty.SaysIncomplete, "test_reading_since_a_position"),
    (faulty.TakesAnyEpoch, "test_reading_since_what_is_not_proved_is_incomplete"),
    (faulty.TakesTheFuture, "test_reading_since_what_is_not_proved_is_incomplete"),
    (faulty.CutsSilently, "test_a_limit_gives_the_first_after_a_position"),
    (faulty.CutsSilently, "test_any_sequence_of_calls"),
    (faulty.TopOfWhatIsLeft, "test_events_are_kept_up_to_their_size"),
    (faulty.IncludesTheOldest, "test_a_limit_without_a_position_gives_the_newest"),
    (faulty.OneEpochForEver, "test_a_lost_store_is_another_epoch"),
    (faulty.TellsEachConnection, "test_a_member_with_several_connections_is_present_once"),
    (faulty.TellsEachConnection, "test_entering_again_is_no_arrival"),
    (faulty.TellsEachConnection, "test_one_of_many_at_once_is_the_first_and_one_the_last"),
    (faulty.ListsEachConnection, "test_a_member_with_several_connections_is_present_once"),
    (faulty.LeavesAtOnce, "test_leaving_twice_is_no_departure"),
    (faulty.SortsMembers, "test_members_are_listed_as_they_came"),
    (faulty.LeavesMembersBehind, "test_a_node_that_ends_takes_its_members_along"),
    (faulty.TakesEverybodyAlong, "test_a_node_that_ends_takes_its_members_along"),
    (faulty.SharesMembers, "test_members_are_present_in_their_groups"),
    (faulty.NamesInPlainText, "test_names_of_groups_are_text_of_any_kind"),
    (faulty.MustFollowFirst, "test_unfollowing_what_is_not_followed_is_no_error"),
    (faulty.WritesEpochsWithSpaces, "test_positions_can_be_written"),
    (faulty.TrimsInfo, "test_what_a_member_says_is_any_text"),
    (faulty.KnowsItsOwnOnly, "test_a_member_is_present_while_a_connection_is"),
]
REMOTE_FAULTS: list[tuple[type[Remote], str]] = [
    (faulty.MendsNothing, "test_what_an_interrupted_node_has_missed_is_mended_or_told"),
    (faulty.MendsFromTheBeginning, "test_what_an_interrupted_node_has_missed_is_mended_or_told"),
    (faulty.PublishesNowhere, "test_a_store_that_cannot_be_reached_is_told"),
    (faulty.WaitsForEver, "test_a_store_that_cannot_be_reached_is_told"),
    (faulty.SaysItIsUp, "test_a_store_that_cannot_be_reached_is_told"),
    (faulty.KeepsTheDead, "test_a_node_that_is_killed_is_forgotten"),
    (faulty.BuriesTheLiving, "test_a_node_that_is_killed_is_forgotten"),
]


@pytest.mark.parametrize(("layer", "name"), FAULTS, ids=lambda each: getattr(each, "__name__", each))
async def test_a_fault_is_noticed(layer: type[MemoryLayer], name: str) -> None:
    """By the test that is named, which the layer without the fault passes."""
    await getattr(Contract(MemoryLayer), name)()
    with pytest.raises(AssertionError):
        await getattr(Contract(layer), name)()


@pytest.mark.parametrize(("layer", "name"), REMOTE_FAULTS, ids=lambda each: getattr(each, "__name__", each))
async def test_a_fault_of_a_remote_layer_is_noticed(layer: type[Remote], name: str) -> None:
    """By the tests that need more than a process."""
    await getattr(RemoteContract(Remote), name)()
    with pytest.raises(AssertionError):
        await getattr(RemoteContract(layer), name)()


async def test_a_loss_that_is_told_is_no_fault() -> None:
    """A layer need not mend what its nodes have missed."""
    await RemoteContract(faulty.TellsOfTheLoss).test_what_an_interrupted_node_has_missed_is_mended_or_told()


@pytest.mark.parametrize("name", ["pass_time", "lose_the_store", "kill", "interrupt", "cut_off"])
async def test_what_is_not_lent_is_named(name: str) -> None:
    """A test that needs it is skipped, and says what to override."""

    class Poor(LayerContract):
        @override
        def node(self) -> MemoryLayer:
            return MemoryLayer()

    lent: Callable[..., Any] = getattr(Poor(), name)
    with pytest.raises(SkipTest, match=f"override {name}$"):
        await lent(*[None] * (name in {"interrupt", "kill", "pass_time"}))


def test_each_test_has_a_fault_that_it_notices() -> None:
    """So that none is there for nothing; what is carried has its own faults, one for each field."""
    noticed = {name for _, name in FAULTS + REMOTE_FAULTS}
    carried = {"test_publications_are_delivered_whole", "test_publications_are_kept_whole"}
    assert noticed | carried == {name for name in dir(LayerContract) if name.startswith("test_")}
