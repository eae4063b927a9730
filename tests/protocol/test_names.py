"""Which names may cross the wire."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexws.errors import EventNameError, GroupNameError
from nexws.protocol import RESERVED_PREFIX, check_event_name, check_group_name, is_event_name

GOOD = ["a", "chat.message", "Chat_Message-2:x", "9", ".", "-", "_", ":", "nexws", "nexwsx.a"]
BAD = [
    "",
    " ",
    "a b",
    "a\n",
    "\na",
    "a\r\nb",
    "a\x00",
    "\x1b[31m",
    "a/b",
    "a*",
    "ä",
    "\uff11",  # a digit, but of another script
    "a\u2028",
    "a\ud800",
]


class TestEventNames:
    @pytest.mark.parametrize("name", [*GOOD, "a" * 128])
    def test_good_names_may_be_declared(self, name: str) -> None:
        assert is_event_name(name)
        check_event_name(name)

    @pytest.mark.parametrize("name", [*BAD, "a" * 129])
    def test_bad_names_are_refused_with_the_rule(self, name: str) -> None:
        assert not is_event_name(name)
        with pytest.raises(EventNameError, match=r"write 1 to 128 of A-Z a-z 0-9 _ \. : -") as refused:
            check_event_name(name)
        assert refused.value.event == name

    @pytest.mark.parametrize("name", ["nexws.", "nexws.error", "nexws.cancel"])
    def test_reserved_names_may_cross_the_wire_but_not_be_declared(self, name: str) -> None:
        assert name.startswith(RESERVED_PREFIX)
        assert is_event_name(name)
        with pytest.raises(EventNameError, match=r"names that begin with 'nexws\.' belong to nexws"):
            check_event_name(name)

    @given(st.text(max_size=130))
    def test_a_name_is_ascii_and_printable(self, name: str) -> None:
        """So it may stand in a log line and between quotes as it is."""
        if is_event_name(name):
            assert name.isascii()
            assert name.isprintable()
            assert not set(name) & set("\"\\'% {}<>/")
            assert 1 <= len(name) <= 128


class TestGroupNames:
    @pytest.mark.parametrize("name", [*GOOD, "nexws.error", "a" * 255])
    def test_good_names(self, name: str) -> None:
        check_group_name(name)

    @pytest.mark.parametrize("name", [*BAD, "a" * 256])
    def test_bad_names_are_refused(self, name: str) -> None:
        with pytest.raises(GroupNameError) as refused:
            check_group_name(name)
        assert refused.value.group == name
