"""References and JSON pointers."""

from __future__ import annotations

from typing import Any

import pytest

from nexws.asyncapi.references import NOWHERE, follow, join, key_of, object_at, pointed_at, split, table, walk

DOCUMENT: dict[str, Any] = {
    "list": [{"a/b~c": 1}, 2],
    "named {x}": 3,
    "one": {"$ref": "#/two"},
    "two": {"$ref": "#/three"},
    "three": {"inner": {"$ref": "#/list/0"}},
    "circle": {"$ref": "#/other"},
    "other": {"$ref": "#/circle"},
    "within": {"$ref": "#/within/itself"},
}


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("#", DOCUMENT),
        ("#/list/1", 2),
        ("#/list/0/a~1b~0c", 1),
        ("#/named%20%7Bx%7D", 3),
        ("#/one", {"$ref": "#/two"}),
        ("#/one/inner", {"$ref": "#/list/0"}),
        ("#/one/inner/a~1b~0c", 1),
    ],
)
def test_a_reference_points_at_what_is_there_also_through_others(reference: str, expected: Any) -> None:
    assert pointed_at(DOCUMENT, reference) == expected


@pytest.mark.parametrize(
    "reference",
    [
        "",
        "x",
        "#x",
        "#/nope",
        "#/list/2",
        "#/list/-1",
        "#/list/x",
        "#/list/1/x",
        "#/circle/x",
        "#/within/x",
        "/list",
        "x#/list",
    ],
)
def test_a_reference_to_nothing_is_an_error(reference: str) -> None:
    with pytest.raises(LookupError):
        pointed_at(DOCUMENT, reference)


@pytest.mark.parametrize("reference", ["#/circle", "#/other", "#/nope", "https://example.com"])
def test_what_leads_nowhere_is_followed_to_nowhere(reference: str) -> None:
    assert follow(DOCUMENT, {"$ref": reference}) is NOWHERE


def test_following_ends_at_what_is_no_reference() -> None:
    assert follow(DOCUMENT, {"$ref": "#/one"}) is DOCUMENT["three"]
    assert follow(DOCUMENT, 5) == 5
    assert follow(DOCUMENT, {"$ref": 5}) == {"$ref": 5}


def test_what_is_no_object_is_nowhere_to_those_who_want_one() -> None:
    assert object_at(DOCUMENT, {"$ref": "#/one"}) is DOCUMENT["three"]
    assert object_at(DOCUMENT, {"$ref": "#/list"}) is NOWHERE
    assert table({"a": []}, "a") == table({}, "a") == {}


def test_pointers_are_escaped_as_they_are_read() -> None:
    keys = ["a/b", "~1", "{x}", "0"]
    assert join("/at", *keys) == "/at/a~1b/~01/{x}/0"
    assert split(join("", *keys)) == keys
    assert split("#") == []


@pytest.mark.parametrize(
    ("reference", "key"), [({"$ref": "#/a/b~1c"}, "b/c"), ({"$ref": "#"}, ""), ({}, ""), (None, "")]
)
def test_a_reference_names_what_it_points_at_by_its_last_key(reference: Any, key: str) -> None:
    assert key_of(reference) == key


def test_a_walk_comes_by_everything() -> None:
    assert [*walk({"a": [1, {"b": None}]})] == [
        ("", {"a": [1, {"b": None}]}),
        ("/a", [1, {"b": None}]),
        ("/a/0", 1),
        ("/a/1", {"b": None}),
        ("/a/1/b", None),
    ]
