"""The rules for JSON that the parser does not hold, against documents of which the answer is known."""

from __future__ import annotations

import itertools
import json
import math
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_core import from_json

from nexws.protocol import Envelope, has_duplicate_key, has_no_number, is_too_deep, plain_test

KEYS = ("event", "data", "ref", "meta")
DEPTH = 6
MANY = settings(max_examples=100, deadline=None, derandomize="CI" in os.environ)


@dataclass(frozen=True)
class Pairs:
    """A JSON object as it is written: a key may stand twice."""

    pairs: tuple[tuple[str, Tree], ...]


@dataclass(frozen=True)
class Items:
    """A JSON array."""

    items: tuple[Tree, ...]


Tree: TypeAlias = "Pairs | Items | str | int | float | bool | None"

# -- the reference: it looks at what was meant, never at the text


def values_in(tree: Tree) -> tuple[Tree, ...]:
    if isinstance(tree, Pairs):
        return tuple(value for _, value in tree.pairs)
    return tree.items if isinstance(tree, Items) else ()


def depth_of(tree: Tree) -> int:
    if isinstance(tree, (Pairs, Items)):
        return 1 + max((depth_of(each) for each in values_in(tree)), default=0)
    return 0


def leaves(tree: Tree) -> Iterator[Tree]:
    if isinstance(tree, (Pairs, Items)):
        for each in values_in(tree):
            yield from leaves(each)
    else:
        yield tree


def holds_no_number(tree: Tree) -> bool:
    return any(isinstance(each, float) and not math.isfinite(each) for each in leaves(tree))


def has_twins(outermost: Pairs) -> bool:
    names = sorted(name for name, _ in outermost.pairs)
    return any(left == right for left, right in itertools.pairwise(names))


# -- writing a document in one of many styles


def write_text(text: str, dice: random.Random, rate: float) -> str:
    return '"' + "".join(write_letter(each, dice.random() < rate) for each in text) + '"'


def write_letter(letter: str, escaped: bool) -> str:
    if escaped or letter in '"\\' or letter < " ":
        units = letter.encode("utf-16-be")
        return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
    return letter


def write(tree: Tree, dice: random.Random, rate: float) -> str:
    def gap() -> str:
        return dice.choice(["", "", " ", "\n\t", "\r "])

    if isinstance(tree, Pairs):
        pairs = (
            f"{gap()}{write_text(name, dice, rate)}{gap()}:{gap()}{write(value, dice, rate)}{gap()}"
            for name, value in tree.pairs
        )
        return "{" + (",".join(pairs) or gap()) + "}"
    if isinstance(tree, Items):
        items = (gap() + write(each, dice, rate) + gap() for each in tree.items)
        return "[" + (",".join(items) or gap()) + "]"
    if isinstance(tree, str):
        return write_text(tree, dice, rate)
    return json.dumps(tree)  # writes NaN and Infinity as well


# Texts and keys that look like what the rules look for.
lures = st.sampled_from(
    [*KEYS, '"event"', 'x"ref":', "NaN", "-Infinity", "[[[[[[[[", "]{}\\", '\\"[', "\\u0065"]
)
texts = st.one_of(lures, st.text(st.characters(exclude_categories=["Cs"]), max_size=8))
numbers = st.one_of(st.integers(), st.floats(width=16), st.sampled_from([math.nan, math.inf, -math.inf]))
scalars: st.SearchStrategy[Tree] = st.one_of(st.none(), st.booleans(), numbers, texts)


def grow(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    pairs = st.lists(st.tuples(texts, inner), max_size=3).map(tuple)
    return st.one_of(st.lists(inner, max_size=4).map(lambda each: Items(tuple(each))), pairs.map(Pairs))


trees = st.recursive(scalars, grow, max_leaves=12)


def nested(tree: Tree, times: int) -> Tree:
    for _ in range(times):
        tree = Items((tree,))
    return tree


deep_trees = st.builds(nested, trees, st.integers(0, DEPTH + 1))
envelopes = st.lists(st.tuples(st.sampled_from(KEYS), deep_trees), min_size=1, max_size=5).map(
    lambda pairs: Pairs(tuple(pairs))
)
any_objects = st.lists(st.tuples(texts, trees), max_size=5).map(lambda pairs: Pairs(tuple(pairs)))
dice_rolls = st.randoms(use_true_random=False)
rates = st.sampled_from([0.0, 0.0, 0.1, 1.0])


class TestAgainstTheReference:
    @MANY
    @given(tree=deep_trees, dice=dice_rolls, rate=rates, limit=st.integers(1, DEPTH + 2))
    def test_depth_is_that_of_the_document(
        self, tree: Tree, dice: random.Random, rate: float, limit: int
    ) -> None:
        assert is_too_deep(write(tree, dice, rate), limit) is (depth_of(tree) > limit)

    @MANY
    @given(tree=any_objects, dice=dice_rolls, rate=rates)
    def test_a_key_stands_twice_however_it_is_written(
        self, tree: Pairs, dice: random.Random, rate: float
    ) -> None:
        assert has_duplicate_key(write(tree, dice, rate)) is has_twins(tree)

    @MANY
    @given(tree=trees, dice=dice_rolls, rate=rates)
    def test_what_is_no_number_is_found_among_values_only(
        self, tree: Tree, dice: random.Random, rate: float
    ) -> None:
        assert has_no_number(write(tree, dice, rate)) is holds_no_number(tree)

    @MANY
    @given(tree=envelopes, dice=dice_rolls, rate=rates)
    def test_a_plain_frame_breaks_no_rule(self, tree: Pairs, dice: random.Random, rate: float) -> None:
        """The quick look may err on one side only."""
        keys = {name for name, _ in tree.pairs}
        if plain_test(Envelope(), DEPTH)(write(tree, dice, rate), keys | {"event"}):
            assert depth_of(tree) <= DEPTH
            assert not holds_no_number(tree)
            assert not has_twins(tree)

    @given(tree=trees, dice=dice_rolls, rate=rates)
    def test_the_writer_writes_json(self, tree: Tree, dice: random.Random, rate: float) -> None:
        """The reference stands on it."""

        def plain(each: Tree) -> Any:
            if isinstance(each, Pairs):
                return {name: plain(value) for name, value in each.pairs}
            return [plain(item) for item in each.items] if isinstance(each, Items) else each

        assert repr(from_json(write(tree, dice, rate))) == repr(plain(tree))


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param('{"event":"chat.message","data":{"text":"hello"},"ref":"7"}', id="usual"),
        pytest.param('{"event":"a"}', id="shortest"),
        pytest.param(' { "event" : "a" , "data" : [1, [2]] }\n', id="spaced"),
        pytest.param('{"event":"a","data":"' + "ä\\n\\u2028" * 20 + '"}', id="escapes of other letters"),
        pytest.param('{"event":"a","data":[' + ",".join(["[]"] * 62) + "]}", id="as many brackets as levels"),
    ],
)
def test_ordinary_frames_are_plain(frame: str) -> None:
    """The quick look spares nearly all frames the slow one."""
    assert plain_test(Envelope(), 64)(frame, from_json(frame))


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param('{"event":"a","data":NaN}', id="NaN"),
        pytest.param('{"event":"a","data":-Infinity}', id="Infinity"),
        pytest.param('{"event":"a","data":' + "[" * 64 + "]" * 64 + "}", id="deep"),
        pytest.param('{"event":"a","event":"b"}', id="event twice"),
        pytest.param('{"event":"a","data":1,"data":2}', id="data twice"),
        pytest.param('{"event":"a","ref":1,"ref":2}', id="ref twice"),
        pytest.param('{"event":"a","meta":{},"meta":{}}', id="meta twice"),
        pytest.param('{"event":"a","\\u0065vent":"b"}', id="event twice, once in escapes"),
        pytest.param('{"event":"a","data":1,"dat\\u0061":2}', id="data twice, once in escapes"),
    ],
)
def test_a_frame_that_breaks_a_rule_is_not_plain(frame: str) -> None:
    assert not plain_test(Envelope(), 64)(frame, from_json(frame))


@pytest.mark.parametrize(
    ("frame", "limit", "too_deep"),
    [
        ("1", 1, False),
        ("[]", 1, False),
        ("[[]]", 1, True),
        ('[{"a":[]}]', 3, False),
        ('[{"a":[]}]', 2, True),
        ("[[],[],[]]", 2, False),
        ('["[[[[", "\\"[[[[", "\\\\"]', 1, False),
        ('["\\\\", [[]]]', 2, True),
        ('["\n[[", "[ü[€[😀["]', 1, False),
        ("[" * 200 + "]" * 200, 200, False),
        ("[" * 200 + "]" * 200, 199, True),
        ("[" * 30_000 + "]" * 30_000, 64, True),
    ],
)
def test_brackets_in_strings_do_not_nest(frame: str, limit: int, too_deep: bool) -> None:
    assert is_too_deep(frame, limit) is too_deep


@pytest.mark.parametrize(
    ("frame", "found"),
    [
        ('{"a":NaN}', True),
        ('{"a":[1,{"b":Infinity}]}', True),
        ('{"a":-Infinity}', True),
        ('{"a":"NaN","Infinity":"-Infinity"}', False),
        ('{"a":1.5,"b":null}', False),
    ],
)
def test_what_is_no_number(frame: str, found: bool) -> None:
    assert has_no_number(frame) is found


@pytest.mark.parametrize(
    ("frame", "found"),
    [
        ("{}", False),
        ('{"a":1,"b":1}', False),
        ('{"a":1,"a":1}', True),
        ('{"a":1,"\\u0061":1}', True),
        ('{"\\ud83d\\ude00":1,"😀":1}', True),
        ('{"a":{"b":1,"b":2}}', False),
        ('{"a":1,"b":{"a":1}}', False),
        ('{"a":1,"A":1}', False),
        ('{"a":' + "9" * 4300 + "}", False),
    ],
)
def test_a_key_that_stands_twice_in_the_outermost_object(frame: str, found: bool) -> None:
    assert has_duplicate_key(frame) is found
