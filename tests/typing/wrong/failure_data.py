"""Failures with other data than they declare."""

from __future__ import annotations

from pydantic import BaseModel

from nexws import EventError


class Capacity(BaseModel):
    members: int


class Full(EventError[Capacity]):
    """There is no place left."""

    code = "full"


class Gone(EventError[None]):
    """It has ended."""

    code = "gone"


class Numbered(EventError[int]):
    code = 404  # wrong: a code is text


class Willing(EventError[int]):
    retryable = "later"  # wrong: a boolean


def is_full(members: int) -> None:
    if members > 100:
        raise Full(data=members)  # wrong: a number
    raise Full(data=Capacity(members=members))


Full(data={"members": 100})  # wrong: a dictionary
Full(data=Capacity)  # wrong: the class
Full("no place", data=100)  # wrong: a number behind a message
Gone(data=Capacity(members=1))  # wrong: has none
Full("no place", Capacity(members=1))  # wrong: data is named
EventError("full", details=[])  # wrong: data
EventError("full", retryable="yes")  # wrong: a boolean
EventError(404, "gone")  # wrong: a code is text
members: int = Full().data  # wrong: it has a Capacity, or nothing
