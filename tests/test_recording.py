"""The recordings of all tests are judged: what would be outside of a contract is found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from nexios import NexiosApp
from nexios.websockets import WebSocket
from pydantic import BaseModel, Field

from nexws import EventConsumer, EventError, WebSocketConsumer, build_asyncapi, emits, on
from nexws.testing import connect
from tests.recording import Judge, Recording, check, judge_of

Json = dict[str, Any]


class Say(BaseModel):
    text: str = Field(min_length=1)


class Chat(EventConsumer):
    subprotocols = ["nexws.json", "nexws.msgpack"]
    said = emits("said", Say)

    @on("say")
    async def say(self, data: Say) -> int:
        await self.said.send(data)
        return len(data.text)

    @on("echo")
    async def echo(self, data: bytes) -> bytes:
        return data

    @on("fail")
    async def fail(self) -> None:
        raise EventError("undeclared")


class Plain(WebSocketConsumer):
    encoding = "text"

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        await websocket.send_text(data)


def program() -> NexiosApp:
    app = NexiosApp()
    app.add_ws_route(Chat.as_route("/"))
    app.add_ws_route(Plain.as_route("/plain"))
    return app


async def talk(recordings: list[Recording], *frames: str, answers: int) -> Recording:
    """Say something to a program; the recording is taken away from the fixture."""
    async with connect(program(), "/") as client:
        for frame in frames:
            await client.send_raw(frame)
        for _ in range(answers):
            await client.receive_raw()
    return recordings.pop()


def problems(recording: Recording, change: Callable[[Json], None] = lambda messages: None) -> list[str]:
    """List what is wrong in a recording, by the document with its messages changed."""
    document = build_asyncapi(recording.app)
    change({name.partition(".")[2]: each for name, each in document["components"]["messages"].items()})
    return [each.problem for each in Judge(document, "Chat").faults(recording)]


def forbid(*names: str) -> Callable[[Json], None]:
    """Say of messages that no frame is one."""

    def change(messages: Json) -> None:
        for name in names:
            messages[name]["payload"]["not"] = {}

    return change


REFERRED = '{"event":"say","data":{"text":"a"},"ref":1}'
BARE = '{"event":"say","data":{"text":"a"}}'
EMPTY = '{"event":"say","data":{"text":""}}'


async def test_both_sides_are_written_down(recordings: list[Recording]) -> None:
    """In the order in which the application has read and sent."""
    recording = await talk(recordings, REFERRED, EMPTY, answers=3)
    assert [side for side, _ in recording.said] == [">", "<", "<", ">", "<"]
    assert (recording.said[0][1], problems(recording)) == (REFERRED, [])


async def test_consumers_without_events_have_no_contract(recordings: list[Recording]) -> None:
    async with connect(program(), "/plain") as client:
        await client.send_raw("anything")
        assert await client.receive_raw() == "anything"
    assert recordings == []


@pytest.mark.parametrize("name", ["say.ok", "said.push"])
async def test_what_the_server_sends_outside_of_the_document_is_found(
    recordings: list[Recording], name: str
) -> None:
    recording = await talk(recordings, REFERRED, answers=2)
    assert problems(recording, forbid(name)) == ["was sent, and is [] in the document"]


@pytest.mark.parametrize(
    ("frame", "answers", "problem"),
    [
        (REFERRED, 2, "is [] in the document, and was answered with 'ok'"),
        (BARE, 1, "is not in the document, and was not refused"),
    ],
)
async def test_what_is_served_and_not_in_the_document_is_found(
    recordings: list[Recording], frame: str, answers: int, problem: str
) -> None:
    recording = await talk(recordings, frame, answers=answers)
    assert problems(recording, forbid("say")) == [problem]


@pytest.mark.parametrize("ref", ["", ',"ref":1'])
async def test_what_is_refused_and_in_the_document_is_found(recordings: list[Recording], ref: str) -> None:
    def widen(messages: Json) -> None:
        messages["say"]["payload"]["properties"]["data"] = {}

    frame = EMPTY[:-1] + ref + "}"
    (problem,) = problems(await talk(recordings, frame, answers=1), widen)
    assert "in the document, and was answered with 'invalid_payload'" in problem


async def test_what_nobody_can_read_is_refused_in_anybodys_name(recordings: list[Recording]) -> None:
    """And nothing else is."""
    recording = await talk(recordings, "{", answers=1)
    assert problems(recording) == []
    del recording.said[0]
    assert problems(recording) == ["refuses a frame that is in the document"]


async def test_in_msgpack_frames_are_what_the_document_says_of_json(recordings: list[Recording]) -> None:
    """There, bytes stand behind a header."""
    async with connect(program(), "/", subprotocols=["nexws.msgpack"]) as client:
        assert await client.call("say", {"text": "abc"}) == 3
        assert await client.call("echo", b"\x00\xff") == b"\x00\xff"
    recording = recordings.pop()
    judge = judge_of(recording.app, recording.route)
    fitting = [
        judge.messages_of(judge.read(side, raw, is_packed=True), "receive" if side == ">" else "send")
        for side, raw in recording.said
    ]
    assert fitting == [["say"], ["said.push"], ["say.ok"], ["echo"], ["echo.ok"]]
    assert problems(recording, forbid("echo.ok")) == ["was sent, and is [] in the document"]


async def test_an_exemption_holds_for_the_frames_that_it_names(recordings: list[Recording]) -> None:
    recording = await talk(recordings, '{"event":"fail"}', answers=1)
    with pytest.raises(AssertionError, match="undeclared"):
        check([recording])
    with pytest.raises(AssertionError, match="undeclared"):
        check([recording], [pytest.mark.outside_contract("for a reason", "another").mark])
    check([recording], [pytest.mark.outside_contract("for a reason", '"code":"undeclared"').mark])
