"""Envelopes: the keys of frames, for clients that exist already."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nexios import NexiosApp
from pydantic import BaseModel, ConfigDict, Field, RootModel, model_validator
from typing_extensions import NotRequired, TypedDict

from nexws import Envelope, EnvelopeError, EventConsumer, EventContext, EventError, emits, on
from nexws.testing import connect

FLAT = Envelope(event="type", data=None, ref="id")
ACTION = Envelope(event="action", data="payload", ref="request", status="state", error="problem")


class Post(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    text: str = Field(min_length=1)
    to: int = Field(1, alias="recipient")

    @model_validator(mode="after")
    def no_spam(self) -> Post:
        if self.text == "spam":
            raise ValueError("no spam")
        return self


class Posted(BaseModel):
    length: int


class Mood(TypedDict):
    mood: str
    why: NotRequired[str]


class Chat(EventConsumer):
    posted = emits("chat.posted", Posted)
    cleared = emits("chat.cleared")

    @on("post", schema=Post, reply=Posted)
    async def post(self, data: Post) -> Posted:
        assert type(data) is Post
        assert data == Post(text=data.text, recipient=data.to)
        assert set(vars(data)) == {"text", "to"}
        await self.posted.send(Posted(length=len(data.text)))
        return Posted(length=len(data.text))

    @on("mood", schema=Mood, reply=Mood)
    async def mood(self, data: Mood) -> Mood:
        return data

    @on("clear")
    async def clear(self) -> None:
        await self.cleared.send(None)

    @on("count", stream=Posted)
    async def count(self, data: Posted) -> AsyncIterator[Posted]:
        for n in range(data.length):
            yield Posted(length=n)

    @on("full")
    async def full(self) -> None:
        raise EventError("full", "no seat", data={"most": 1})

    @on("any.*")
    async def family(self, data: Posted, event: EventContext) -> Mood:
        return {"mood": event.name}

    @on.unknown
    async def rest(self, data: dict[str, Any], event: EventContext) -> Mood:
        return {"mood": json.dumps(data), "why": event.name}


class FlatChat(Chat):
    envelope = FLAT


class ActionChat(Chat):
    envelope = ACTION


TALKS: list[tuple[type[EventConsumer], list[tuple[str, str]]]] = [
    (
        FlatChat,
        [
            (">", '{"type":"post","id":"1","text":"hi","recipient":2}'),
            ("<", '{"type":"chat.posted","length":2}'),
            ("<", '{"type":"post","id":"1","status":"ok","length":2}'),
            (">", '{"type":"mood","id":2,"mood":"good"}'),
            ("<", '{"type":"mood","id":2,"status":"ok","mood":"good"}'),
            (">", '{"type":"clear","id":3}'),
            ("<", '{"type":"chat.cleared"}'),
            ("<", '{"type":"clear","id":3,"status":"ok"}'),
            (">", '{"type":"count","id":4,"length":1}'),
            ("<", '{"type":"count","id":4,"status":"next","length":0}'),
            ("<", '{"type":"count","id":4,"status":"done"}'),
            (">", '{"type":"any.thing","id":5,"length":1}'),
            ("<", '{"type":"any.thing","id":5,"status":"ok","mood":"any.thing"}'),
            (">", '{"type":"nope","id":6,"a":1}'),
            ("<", '{"type":"nope","id":6,"status":"ok","mood":"{\\"a\\": 1}","why":"nope"}'),
            (">", '{"type":"nexws.cancel","id":9}'),
            (">", '{"type":"full","id":7}'),
            (
                "<",
                '{"type":"full","id":7,"status":"error","error":'
                '{"code":"full","message":"no seat","data":{"most":1},"retryable":false}}',
            ),
        ],
    ),
    (
        ActionChat,
        [
            (">", '{"action":"post","request":"1","payload":{"text":"hi"}}'),
            ("<", '{"action":"chat.posted","payload":{"length":2}}'),
            ("<", '{"action":"post","request":"1","state":"ok","payload":{"length":2}}'),
            (">", '{"action":"full","request":7}'),
            (
                "<",
                '{"action":"full","request":7,"state":"error","problem":'
                '{"code":"full","message":"no seat","data":{"most":1},"retryable":false}}',
            ),
        ],
    ),
]


def serve(consumer: type[EventConsumer]) -> NexiosApp:
    app = NexiosApp()
    app.add_ws_route(consumer.as_route("/"))
    return app


@pytest.mark.parametrize(("consumer", "talk"), TALKS, ids=["flat", "other keys"])
@pytest.mark.outside_contract("a program that is not strict need not declare its codes", '"code":"full"')
async def test_frames_have_the_keys_of_the_envelope(
    consumer: type[EventConsumer], talk: list[tuple[str, str]]
) -> None:
    """Both ways, whatever the frame is."""
    async with connect(serve(consumer), "/") as client:
        for side, frame in talk:
            if side == ">":
                await client.send_raw(frame)
            else:
                assert json.loads(await client.receive_raw()) == json.loads(frame)
        await client.expect_nothing()


@pytest.mark.parametrize(
    ("frame", "code", "details"),
    [
        ('{"type":"post","id":1,"text":""}', "invalid_payload", [(["text"], "string_too_short")]),
        ('{"type":"post","id":1,"text":1}', "invalid_payload", [(["text"], "string_type")]),
        ('{"type":"post","id":1,"text":"a","more":1}', "invalid_payload", [(["more"], "extra_forbidden")]),
        ('{"type":"post","id":1}', "invalid_payload", [(["text"], "missing")]),
        ('{"type":"post","id":1,"text":"spam"}', "invalid_payload", [([], "value_error")]),
        ('{"type":"mood","id":1,"mood":1}', "invalid_payload", [(["mood"], "string_type")]),
        ('{"type":"any.x","id":1,"length":"x"}', "invalid_payload", [(["length"], "int_parsing")]),
        ('{"type":"post","id":true,"text":"a"}', "bad_envelope", []),
        ('{"type":"post","id":null,"text":"a"}', "bad_envelope", []),
        ('{"type":"post","text":"a","meta":{"no":"such key"}}', "bad_envelope", []),
        ('{"type":"post","id":1,"id":2,"text":"a"}', "bad_envelope", []),
        ('{"type":"post","type":"mood","text":"a"}', "bad_envelope", []),
        ('{"event":"post","text":"a"}', "bad_envelope", []),
        ('{"type":"clear","id":1,"text":"a"}', "invalid_payload", [(["text"], "extra_forbidden")]),
        ("[]", "bad_frame", []),
        ('{"type":"mood","mood":"good","why":NaN}', "bad_frame", []),
    ],
)
@pytest.mark.outside_contract("a validator's own rule is in no schema", "spam")
async def test_what_is_wrong_in_a_flat_frame_is_told_where_it_is(
    frame: str, code: str, details: list[Any]
) -> None:
    async with connect(serve(FlatChat), "/") as client:
        await client.send_raw(frame)
        failed = await client.expect_failure(code)
        assert [(each["loc"], each["type"]) for each in failed.details] == details
        await client.call("clear")  # the connection goes on


async def test_a_payloads_key_may_stand_twice_in_a_flat_frame() -> None:
    """As in any payload: the last counts."""
    async with connect(serve(FlatChat), "/") as client:
        await client.send_raw('{"type":"post","id":1,"text":"a","text":"abc"}')
        assert await client.expect(FlatChat.posted) == Posted(length=3)


texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)


@settings(deadline=None, derandomize="CI" in os.environ)
@given(
    st.sampled_from(["post", "mood", "clear", "count", "any.x"]),
    st.dictionaries(
        st.sampled_from(["text", "recipient", "mood", "why", "length", "more"]),
        texts | st.integers(-3, 3) | st.none(),
        max_size=4,
    ),
)
def test_a_flat_frame_is_judged_like_one_that_is_not(event: str, data: dict[str, Any]) -> None:
    """Same payloads, same problems, whatever the keys."""
    parts = {"event": event, "ref": 1, **({"data": data} if data or event != "clear" else {})}
    readings = []
    for consumer in (Chat, FlatChat, ActionChat):
        codec = consumer.codec_of(None).bounded(frame_bytes=65536, depth=64)
        read = codec.read(codec.compose(parts))
        readings.append(
            (read["event"], read.get("data"), read.get("ref"))
            if isinstance(read, dict)
            else [(each["loc"], each["type"]) for each in read.details]
        )
    if event == "clear" and data:
        assert not any(isinstance(each, tuple) for each in readings)
    else:
        assert readings[0] == readings[1] == readings[2]


# -- what no envelope can be


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ({"event": ""}, "its event key is ''"),
        ({"event": "a b"}, "its event key is 'a b'"),
        ({"ref": None}, "its ref key is None"),
        ({"event": "data"}, "event and data have the same key, 'data'"),
        ({"data": None, "status": "error"}, "status and error have the same key"),
        ({"meta": "x" * 65}, "its meta key is"),
    ],
)
def test_an_envelope_has_usable_keys(keys: dict[str, Any], text: str) -> None:
    with pytest.raises(EnvelopeError) as error:
        Envelope(**keys)
    assert text in str(error.value)


class WithId(BaseModel):
    id: int


class WithStatus(BaseModel):
    state: str = Field(serialization_alias="status")


class OwnInit(BaseModel):
    n: int

    def __init__(self, n: int) -> None:
        super().__init__(n=n)


def takes(schema: Any) -> Any:
    async def method(self: Any, data: Any) -> None: ...

    return type("Wrong", (EventConsumer,), {"envelope": FLAT, "method": on("it", schema=schema)(method)})


def gives(schema: Any) -> Any:
    async def method(self: Any) -> Any: ...

    return type("Wrong", (EventConsumer,), {"envelope": FLAT, "method": on("it", reply=schema)(method)})


def pushes(schema: Any) -> Any:
    return type("Wrong", (EventConsumer,), {"envelope": FLAT, "pushed": emits("it", schema)})


@pytest.mark.parametrize("make", [takes, gives, pushes])
@pytest.mark.parametrize(
    ("schema", "text"),
    [
        (int, "the payload of event 'it' is no model or TypedDict"),
        (list[Post], "the payload of event 'it' is no model or TypedDict"),
        (RootModel[int], "the payload of event 'it' is no model or TypedDict"),
        (Post | Posted, "the payload of event 'it' is no model or TypedDict"),
        (WithId, "the payload of event 'it' has the key 'id', which is the envelope's"),
    ],
)
def test_a_payload_that_cannot_lie_flat_is_refused_when_the_class_is_made(
    make: Any, schema: Any, text: str
) -> None:
    with pytest.raises(EnvelopeError) as error:
        make(schema)
    assert text in str(error.value)


def test_the_keys_that_count_are_those_on_the_wire() -> None:
    """What is sent is written by alias, and computed where the model says so."""
    takes(WithStatus)
    with pytest.raises(EnvelopeError, match="has the key 'status'"):
        gives(WithStatus)
    with pytest.raises(EnvelopeError, match="is no model"):
        takes(OwnInit)
