"""An inbox: in order, whoever reads the socket."""

from __future__ import annotations

from collections import deque

import anyio
import pytest
from anyio.lowlevel import checkpoint

from nexws import ConnectionClosedError
from nexws.runtime import Message
from nexws.runtime.inbox import Inbox


class Socket:
    """A client's messages, and how many of them have been read."""

    def __init__(self, *texts: str) -> None:
        self.messages: deque[Message] = deque({"type": "websocket.receive", "text": text} for text in texts)
        self.messages.append({"type": "websocket.disconnect", "code": 1000})
        self.reads = 0
        self.refused: list[str] = []

    async def receive(self) -> Message:
        await checkpoint()
        self.reads += 1
        return self.messages.popleft()

    async def refuse(self, message: Message) -> None:
        self.refused.append(message["text"])


async def nothing_overtakes(message: object) -> bool:
    return False


def inbox_of(socket: Socket, *, patience: float = 60) -> Inbox:
    return Inbox(socket.receive, 2, patience, socket.refuse)


async def test_messages_are_read_by_who_takes_them() -> None:
    """No other task is needed."""
    inbox = inbox_of(Socket("a", "b"))
    assert [(await inbox.take()).get("text") for _ in range(3)] == ["a", "b", None]


async def test_messages_read_ahead_wait_in_order_up_to_the_limit() -> None:
    """The end is told at once, and what came before it can still be taken."""
    socket, ends = Socket("a", "b", "c", "d"), list[Message]()
    inbox = inbox_of(socket)
    assert inbox.begin_reading_ahead()
    assert not inbox.begin_reading_ahead()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(inbox.read_ahead, ends.append, nothing_overtakes)
        for _ in range(20):
            await checkpoint()
        assert (socket.reads, ends) == (2, [])
        assert [(await inbox.take())["text"] for _ in range(4)] == ["a", "b", "c", "d"]
    assert [end["code"] for end in ends] == [1000]


async def test_nothing_can_be_taken_after_the_end() -> None:
    """A task that outlives its connection is told so."""
    inbox = inbox_of(Socket("a"))
    inbox.close()
    with pytest.raises(ConnectionClosedError):
        await inbox.take()


async def test_what_does_not_fit_is_refused_once_patience_is_over() -> None:
    """So the socket is read on, the client's end is seen, and what is taken makes room again."""
    socket, ends = Socket(*"abcde"), list[Message]()
    inbox = inbox_of(socket, patience=0.01)
    assert inbox.begin_reading_ahead()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(inbox.read_ahead, ends.append, nothing_overtakes)
        with anyio.fail_after(2):
            while not ends:
                await checkpoint()
    assert socket.refused == ["c", "d", "e"]
    assert [(await inbox.take())["text"] for _ in range(2)] == ["a", "b"]
