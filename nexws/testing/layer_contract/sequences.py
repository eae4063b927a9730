"""Any sequence of calls, against a model of what they must do."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from nexws.protocol import Position, Published
from nexws.testing.layer_contract.bench import KEPT, Bench, Node, push

__all__ = ["Follow", "Publish", "Read", "Sequences", "Step", "Unfollow"]

_RETENTION = replace(KEPT, events=3)


@dataclass(frozen=True, slots=True)
class Publish:
    """Publish at a node."""

    node: int
    group: int
    is_kept: bool
    key: str | None


@dataclass(frozen=True, slots=True)
class Follow:
    """Follow a group."""

    node: int
    group: int


@dataclass(frozen=True, slots=True)
class Unfollow:
    """Unfollow a group."""

    node: int
    group: int


@dataclass(frozen=True, slots=True)
class Read:
    """Read what is kept."""

    node: int
    group: int
    back: int | None
    """So many before the top; less than 0 is after it."""
    limit: int | None


Step: TypeAlias = "Publish | Follow | Unfollow | Read"


@dataclass(slots=True)
class _Group:
    """What must be true of a group."""

    name: str
    published: list[str] = field(default_factory=list[str])
    kept: list[tuple[Position, str]] = field(default_factory=list["tuple[Position, str]"])
    keys: dict[str, Published] = field(default_factory=dict[str, Published])
    owed: list[list[str]] = field(default_factory=lambda: [[], []])
    """What each node must have got, or must still get: what was published since it follows."""
    followers: set[int] = field(default_factory=set[int])
    ever: set[int] = field(default_factory=set[int])


class Sequences(Bench):
    """Any sequence of calls, against a model of what they must do."""

    async def test_any_sequence_of_calls(self) -> None:
        """Some hundred, the same each time; hypothesis may find more with ``see_sequence``."""
        for seed in range(25):
            await self.see_sequence(list(_steps(random.Random(seed))))

    async def see_sequence(self, steps: Sequence[Step]) -> None:
        """Take *steps* with two nodes and two groups, and compare."""
        groups = [_Group(self.group(name)) for name in ("a", "b")]
        async with self.nodes(2) as nodes:
            for number, step in enumerate(steps):
                group, node = groups[step.group], nodes[step.node]
                match step:
                    case Publish():
                        await _publish(node, group, step, f"{number}")
                    case Follow():
                        await node.layer.follow(group.name)
                        group.followers.add(step.node)
                        group.ever.add(step.node)
                    case Unfollow():
                        node.layer.unfollow(group.name)
                        group.followers.discard(step.node)
                        group.owed[step.node].clear()  # what is still on its way is not wanted any more
                    case Read():
                        await _read(node, group, step)
            for group in groups:
                for place, node in enumerate(nodes):
                    await _see_delivered(node, group, place)


async def _publish(node: Node, group: _Group, step: Publish, event: str) -> None:
    retention = _RETENTION if step.is_kept else None
    answer = await node.layer.publish(group.name, push(event), retention=retention, key=step.key)
    first = None if step.key is None else group.keys.get(step.key)
    assert answer.is_duplicate == (first is not None), f"{step}: {answer}"
    if first is not None:
        assert answer.position == first.position, f"{step}: {answer}, the first was {first}"
        return
    if step.key is not None:
        group.keys[step.key] = answer
    group.published.append(event)
    for place in group.followers:
        group.owed[place].append(event)
    assert (answer.position is not None) == step.is_kept, f"{step}: {answer}"
    if answer.position is not None:
        if group.kept:
            top = group.kept[-1][0]
            assert answer.position == Position(top.epoch, top.offset + 1), f"{answer} after {top}"
        group.kept.append((answer.position, event))


async def _read(node: Node, group: _Group, step: Read) -> None:
    top = group.kept[-1][0] if group.kept else None
    since = None
    if step.back is not None:
        since = Position("unknown", 1) if top is None else Position(top.epoch, max(0, top.offset - step.back))
    page = await node.layer.read(group.name, since=since, limit=step.limit)
    assert page.top == top, f"{step}: {page.top}, not {top}"
    if since is not None and (top is None or since.offset > top.offset):
        assert not page.is_complete, f"{step}: complete"
        return
    left = group.kept[-_RETENTION.events :]
    after = [each for each in left if since is None or each[0].offset > since.offset]
    missed = 0 if since is None or not left else left[0][0].offset - since.offset - 1
    is_complete = missed <= 0
    if step.limit is not None and step.limit < len(after):
        after = after[len(after) - step.limit :] if since is None else after[: step.limit]
        is_complete = False
    found = [(entry.position, entry.publication.event) for entry in page.entries]
    assert found == after, f"{step}: {found}, not {after}"
    assert page.is_complete == is_complete, f"{step}: complete is {page.is_complete}, of {found}"


async def _see_delivered(node: Node, group: _Group, place: int) -> None:
    """See that *node* has got what is owed, in order and once; it may have got more before an unfollow was through."""
    owed = group.owed[place]
    await node.until(lambda: set(owed) <= set(node.events(group.name)), f"{owed} of {group.name!r}")
    got = node.events(group.name)
    assert got == [event for event in group.published if event in set(got)], f"{got} of {group.published}"
    assert place in group.ever or not got, f"{got}, and has followed nothing"


def _steps(chance: random.Random) -> Iterator[Step]:
    """Make one sequence."""
    for _ in range(chance.randint(5, 40)):
        node, group = chance.randint(0, 1), chance.randint(0, 1)
        kind = chance.choice("PPPFFUR")
        if kind == "P":
            key = chance.choice([None, None, None, "k", "l"])
            yield Publish(node, group, is_kept=chance.random() < 0.7, key=key)
        elif kind == "F":
            yield Follow(node, group)
        elif kind == "U":
            yield Unfollow(node, group)
        else:
            yield Read(
                node, group, chance.choice([None, -1, 0, 1, 2, 3, 5]), chance.choice([None, None, 0, 1, 2, 5])
            )
