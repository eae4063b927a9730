"""History: bounded in every direction, the oldest goes first."""

from __future__ import annotations

from pydantic_core import from_json, to_json

from nexws import Limits
from nexws.runtime import Frame
from nexws.runtime.history import GroupHistories


def as_it_is(payload: str | bytes) -> str | bytes:
    return payload


def payloads(histories: GroupHistories, group: str, limit: int | None = None) -> list[object]:
    """Read what a group's history holds."""
    return [entry.payload for entry in histories.read(group, limit)]


def keep(histories: GroupHistories, group: str, payload: object) -> None:
    """Keep a JSON payload."""
    histories.keep(group, Frame.text(to_json(payload).decode()), from_json)


def test_entries_are_read_oldest_first() -> None:
    """As they were sent."""
    histories = GroupHistories(Limits())
    for number in range(5):
        keep(histories, "lobby", number)
    assert payloads(histories, "lobby") == [0, 1, 2, 3, 4]
    assert payloads(histories, "lobby", 2) == [3, 4]
    assert payloads(histories, "lobby", 0) == []
    assert payloads(histories, "lobby", 99) == [0, 1, 2, 3, 4]
    assert payloads(histories, "elsewhere") == []


def test_the_number_of_entries_is_bounded() -> None:
    """The newest stay."""
    histories = GroupHistories(Limits(history_events=3))
    for number in range(10):
        keep(histories, "lobby", number)
    assert payloads(histories, "lobby") == [7, 8, 9]


def test_the_bytes_of_a_group_are_bounded() -> None:
    """Large payloads push out more than one small one."""
    histories = GroupHistories(Limits(history_bytes=20))
    for text in ("aaaa", "bbbb", "cccc"):
        keep(histories, "lobby", text)
    assert payloads(histories, "lobby") == ["aaaa", "bbbb", "cccc"]
    keep(histories, "lobby", "d" * 10)
    assert payloads(histories, "lobby") == ["cccc", "d" * 10]
    keep(histories, "lobby", "e" * 100)
    assert payloads(histories, "lobby") == []


def test_entries_age() -> None:
    """An old one is gone when it is asked for, and an empty history with it."""
    now = [0.0]
    histories = GroupHistories(Limits(history_seconds=10), clock=lambda: now[0])
    keep(histories, "lobby", "old")
    now[0] = 6
    keep(histories, "lobby", "new")
    assert payloads(histories, "lobby") == ["old", "new"]
    now[0] = 12
    assert payloads(histories, "lobby") == ["new"]
    now[0] = 100
    assert payloads(histories, "lobby") == []


def test_the_number_of_groups_is_bounded() -> None:
    """The group that has been silent longest is forgotten."""
    histories = GroupHistories(Limits(history_groups=2))
    for group in ("a", "b", "a", "c"):
        keep(histories, group, group)
    assert [payloads(histories, group) for group in "abc"] == [["a", "a"], [], ["c"]]


def test_each_entry_has_its_own_name_and_time() -> None:
    """And its payload is nobody else's to change."""
    histories = GroupHistories(Limits())
    original = {"items": [1]}
    keep(histories, "lobby", original)
    keep(histories, "lobby", original)
    original["items"].append(2)
    first, second = histories.read("lobby")
    assert first.uuid != second.uuid
    assert first.created <= second.created
    first.payload["items"].append(3)
    assert first.payload == second.payload == {"items": [1]}


def test_text_and_bytes_are_kept_as_they_are() -> None:
    """Not everything is JSON."""
    histories = GroupHistories(Limits())
    histories.keep("lobby", Frame.text("plain"), as_it_is)
    histories.keep("lobby", Frame.binary(b"\x00"), as_it_is)
    assert payloads(histories, "lobby") == ["plain", b"\x00"]
