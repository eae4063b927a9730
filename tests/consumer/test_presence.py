"""Who is there: told to the group, once for each person, whatever becomes of the connections."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Annotated, Any, Generic, Literal, TypeVar

import anyio
import pytest
from anyio.lowlevel import checkpoint
from nexios import NexiosApp
from nexios.websockets import WebSocket
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, computed_field
from typing_extensions import TypedDict, override

from nexws import (
    ConnectionClosedError,
    Envelope,
    EventConsumer,
    GroupLimitError,
    GroupNameError,
    LayerError,
    Limits,
    MemoryLayer,
    Nexws,
    PayloadError,
    Presence,
    PresenceChange,
    SchemaError,
    SetupError,
    UndeclaredPresenceError,
    WebSocketConsumer,
    on,
)
from nexws.layers import Present
from nexws.testing import Connection, connect
from tests.defects.driver import Server

PATIENCE = 10.0


class Info(BaseModel):
    name: str


class Room(EventConsumer):
    """Everybody who connects is in the lobby, as who they are."""

    presence = Presence(Info)

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        await self.join_group("lobby", presence=Info(name=str(self.user)))

    @on("join")
    async def join(self, name: str) -> None:
        await self.join_group("lobby", presence=Info(name=name))

    @on("leave")
    async def leave(self) -> None:
        await self.leave_group("lobby")

    @on("who")
    async def who(self) -> list[Info]:
        return await self.presence.members("lobby")

    @on("fail")
    async def fail(self) -> None:
        raise ConnectionClosedError(1000)

    @on("become")
    async def become(self, name: str) -> None:
        self.websocket.scope["user"] = name
        await self.join_group("lobby", presence=Info(name=name))


def app_of(*consumers: type[WebSocketConsumer], **options: Any) -> NexiosApp:
    app = NexiosApp()
    Nexws(app, **options)
    for consumer in consumers:
        app.add_ws_route(consumer.as_route(f"/{consumer.__name__.lower()}"))
    return app


def joined(*names: str) -> dict[str, Any]:
    return {"group": "lobby", "joined": [{"name": name} for name in names], "left": [], "updated": []}


def left(*names: str) -> dict[str, Any]:
    return {"group": "lobby", "joined": [], "left": [{"name": name} for name in names], "updated": []}


async def eventually(ask: Callable[[], Any]) -> None:
    with anyio.fail_after(PATIENCE):
        while not ask():
            await checkpoint()


async def names(client: Connection) -> list[str]:
    return [each["name"] for each in await client.call("who")]


# -- who comes and who goes


async def test_a_group_is_told_who_comes_and_who_goes() -> None:
    """Who comes is told as well, and who goes is not."""
    app = app_of(Room)
    async with connect(app, "/room", user="ann") as ann:
        assert await ann.expect("nexws.presence") == joined("ann")
        async with connect(app, "/room", user="bob") as bob:
            assert await bob.expect("nexws.presence") == joined("bob")
            assert await ann.expect(Room.presence.emit) == PresenceChange[Info](
                group="lobby", joined=[Info(name="bob")], left=[], updated=[]
            )
        assert await ann.expect("nexws.presence") == left("bob")
        await ann.expect_nothing()


async def test_a_person_with_three_tabs_comes_once_and_goes_with_the_last() -> None:
    """Whichever that is."""
    app = app_of(Room)
    async with connect(app, "/room", user="ann") as ann:
        await ann.expect("nexws.presence")
        async with connect(app, "/room", user="bob") as third:
            async with connect(app, "/room", user="bob") as second, connect(app, "/room", user="bob"):
                assert await ann.expect("nexws.presence") == joined("bob")
                await second.call("leave")
            assert await names(ann) == ["ann", "bob"]
            await third.expect("nexws.presence")
            await ann.expect_nothing()
        assert await ann.expect("nexws.presence") == left("bob")
        await ann.expect_nothing()


async def test_connections_of_nobody_known_are_one_each() -> None:
    """Their info may be the same."""
    app = app_of(Room)
    async with connect(app, "/room") as one:
        async with connect(app, "/room"):
            assert [await one.expect("nexws.presence") for _ in range(2)] == [joined("None")] * 2
            assert await names(one) == ["None", "None"]
        assert await one.expect("nexws.presence") == left("None")


async def test_members_are_listed_as_they_came() -> None:
    """One who comes back is the last."""
    app = app_of(Room)
    async with (
        connect(app, "/room", user="zoe") as zoe,
        connect(app, "/room", user="ann") as ann,
        connect(app, "/room", user="bob"),
    ):
        assert await names(ann) == ["zoe", "ann", "bob"]
        await zoe.call("leave")
        await zoe.call("join", "zoe")
        assert await names(ann) == ["ann", "bob", "zoe"]


async def test_leaving_a_group_is_told_once() -> None:
    """And the end of the connection does not tell it again."""
    app = app_of(Room)
    async with connect(app, "/room", user="ann") as ann:
        async with connect(app, "/room", user="bob") as bob:
            await ann.expect("nexws.presence")
            assert await ann.expect("nexws.presence") == joined("bob")
            for _ in range(2):
                await bob.call("leave")
            assert await ann.expect("nexws.presence") == left("bob")
        await ann.expect_nothing()


async def test_groups_are_told_each_for_itself() -> None:
    """Who is in one is not in another, and one name in two classes is two groups."""

    class Other(Room):
        @on("aside")
        async def aside(self) -> list[Info]:
            await self.join_group("aside", presence=Info(name="aside"))
            return await self.presence.members("aside")

    app = app_of(Room, Other)
    async with connect(app, "/room", user="ann") as ann, connect(app, "/other", user="ann") as other:
        await ann.expect("nexws.presence")
        assert await other.call("aside") == [{"name": "aside"}]
        assert await names(other) == ["ann"]
        await ann.expect_nothing()


async def test_a_group_may_be_joined_without_being_present() -> None:
    """Those who only watch are told."""

    class Gallery(Room):
        async def on_connect(self, websocket: WebSocket) -> None:
            await websocket.accept()
            await self.join_group("lobby")

    async with connect(app_of(Gallery), "/gallery") as one:
        assert await names(one) == []
        await one.call("join", "ann")
        assert await one.expect("nexws.presence") == joined("ann")


# -- what is known of them


async def test_joining_again_with_other_info_is_told() -> None:
    """With the same it is not."""
    app = app_of(Room)
    async with connect(app, "/room", user="ann") as ann:
        await ann.expect("nexws.presence")
        await ann.call("join", "ann")
        await ann.call("join", "Ann, away")
        assert await ann.expect("nexws.presence") == {**joined(), "updated": [{"name": "Ann, away"}]}
        assert await names(ann) == ["Ann, away"]
        await ann.expect_nothing()


async def test_what_is_known_is_what_the_first_connection_says() -> None:
    """Another tab says what is known once the first has gone."""
    app = app_of(Room)
    async with connect(app, "/room", user="ann") as ann, connect(app, "/room", user="bob") as first:
        async with connect(app, "/room", user="bob") as second:
            await second.call("join", "second")
            assert await names(ann) == ["ann", "bob"]
            await first.call("leave")
            assert await names(ann) == ["ann", "second"]
            await second.call("join", "only")
        changes = [await ann.expect("nexws.presence") for _ in range(4)]
        assert changes[1:] == [joined("bob"), {**joined(), "updated": [{"name": "only"}]}, left("only")]


async def test_a_user_who_becomes_known_takes_the_place_of_the_connection() -> None:
    """In one push; what the connection was before is nowhere any more."""
    app = app_of(Room)
    async with connect(app, "/room", user="ann") as ann:
        async with connect(app, "/room") as first, connect(app, "/room") as second:
            for _ in range(3):
                await ann.expect("nexws.presence")
            await first.call("become", "bob")
            assert await ann.expect("nexws.presence") == {**joined("bob"), "left": [{"name": "None"}]}
            await second.call("become", "bob")
            assert await ann.expect("nexws.presence") == left("None")
            assert await names(ann) == ["ann", "bob"]
        assert await ann.expect("nexws.presence") == left("bob")
        await ann.expect_nothing()


async def test_a_user_who_changes_leaves_as_who_came() -> None:
    """Whoever the connection belongs to by then."""

    class Forgetful(Room):
        @on("forget")
        async def forget(self) -> None:
            self.websocket.scope["user"] = "somebody else"

    app = app_of(Forgetful)
    async with connect(app, "/forgetful", user="ann") as ann:
        async with connect(app, "/forgetful", user="bob") as bob:
            await bob.call("forget")
        assert [await ann.expect("nexws.presence") for _ in range(3)] == [
            joined("ann"),
            joined("bob"),
            left("bob"),
        ]
        assert await names(ann) == ["ann"]


# -- what is declared


def test_what_pydantic_cannot_use_is_refused_at_once() -> None:
    """As the payload of a push is."""

    class Opaque: ...

    with pytest.raises(SchemaError, match=r"event 'nexws\.presence' has schema .+Opaque, which"):
        Presence(Opaque)


def test_a_presence_of_another_name_is_refused() -> None:
    """Nobody would find it."""
    with pytest.raises(SetupError, match=r"Hall\.people is nothing that join_group\(\) knows of"):

        class Hall(EventConsumer):
            people = Presence(Info)


async def test_info_that_does_not_fit_joins_nothing() -> None:
    """Neither the group nor the list of those who are there."""

    class Picky(Room):
        async def on_connect(self, websocket: WebSocket) -> None:
            await websocket.accept()

        @on("try")
        async def attempt(self) -> str:
            with pytest.raises(PayloadError) as error:
                await self.join_group("lobby", presence={"nick": "ann"})
            assert await self.group("lobby") == []
            assert await self.presence.members("lobby") == []
            return str(error.value)

    async with connect(app_of(Picky), "/picky") as client:
        text = "the payload of event 'nexws.presence' cannot be sent: name: Field required"
        assert await client.call("try") == text
        await client.expect_nothing()


async def test_a_class_without_presence_says_what_to_declare() -> None:
    """And joins nothing."""

    class Bare(EventConsumer):
        @on("try")
        async def attempt(self) -> list[str]:
            with pytest.raises(UndeclaredPresenceError) as joining:
                await self.join_group("lobby", presence=Info(name="ann"))
            with pytest.raises(UndeclaredPresenceError) as asking:
                await self.members("lobby")
            assert await self.group("lobby") == []
            return [joining.value.method, asking.value.method]

    async with connect(app_of(Bare), "/bare") as client:
        assert await client.call("try") == ["join_group", "members"]


async def test_a_group_that_cannot_be_joined_has_nobody_present() -> None:
    """One too many, or none that can be."""

    class Crowded(Room):
        @on("try")
        async def attempt(self) -> list[int]:
            with pytest.raises(GroupLimitError):
                await self.join_group("second", presence=Info(name="ann"))
            for use in (self.join_group("a b", presence=Info(name="ann")), self.members("a b")):
                with pytest.raises(GroupNameError):
                    await use
            return [len(await self.members(group)) for group in ("lobby", "second")]

    app = app_of(Crowded, limits=Limits(groups_per_connection=1))
    async with connect(app, "/crowded", user="ann") as client:
        assert await client.call("try") == [1, 0]
        await client.expect("nexws.presence")
        await client.expect_nothing()


T = TypeVar("T")


class Aliased(BaseModel):
    model_config = ConfigDict(serialize_by_alias=True)
    name: str = Field(validation_alias=AliasChoices("nick", "n"), serialization_alias="n-a-m-e")
    seen: datetime = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=timezone.utc)
    away: bool = False


class Swapped(BaseModel):
    one: int = Field(alias="two")
    two: int = Field(alias="one")


class Computed(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str

    @computed_field  # type: ignore[prop-decorator] # mypy knows no decorated properties
    @property
    def initial(self) -> str:
        return self.name[:1]


class Boxed(BaseModel, Generic[T]):
    box: T


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"
    name: str


class Dog(BaseModel):
    kind: Literal["dog"] = "dog"
    name: str


class Typed(TypedDict):
    name: Annotated[str, Field(alias="nick")]


@dataclass
class Plain:
    name: str


@pytest.mark.parametrize(
    ("schema", "info", "pushed"),
    [
        (
            Aliased,
            Aliased.model_validate({"nick": "ann"}),
            {"n-a-m-e": "ann", "seen": "2026-01-02T03:04:05.000678Z", "away": False},
        ),
        (Swapped, Swapped(one=1, two=2), {"two": 2, "one": 1}),
        (Computed, Computed(name="ann"), {"name": "ann", "initial": "a"}),
        (
            Boxed[datetime],
            Boxed(box=datetime(2026, 1, 2, tzinfo=timezone.utc)),
            {"box": "2026-01-02T00:00:00Z"},
        ),
        (Annotated[Cat | Dog, Field(discriminator="kind")], Dog(name="rex"), {"kind": "dog", "name": "rex"}),
        (Typed, {"nick": "ann"}, {"nick": "ann"}),
        (Plain, Plain("ann"), {"name": "ann"}),
        (str, "ann", "ann"),
        (dict[str, int], {"ann": 1}, {"ann": 1}),
    ],
    ids=lambda each: getattr(each, "__name__", "") or type(each).__name__,
)
@pytest.mark.parametrize("encoding", ["json", "msgpack"])
async def test_whatever_is_declared_is_told_as_a_push_is(
    encoding: str, schema: Any, info: Any, pushed: Any
) -> None:
    """By alias, with what is computed; and read back as what it was."""
    seen: list[Any] = []

    class Zoo(EventConsumer):
        presence = Presence[Any](schema)

        @on("join")
        async def join(self) -> None:
            await self.join_group("lobby", presence=info)
            seen.extend(await self.presence.members("lobby"))

    app = app_of(type("Encoded", (Zoo,), {"encoding": encoding}))
    async with connect(app, "/encoded") as watcher:
        await watcher.call("join")
        assert seen == [{"name": "ann"} if schema is Typed else info]
        async with connect(app, "/encoded") as client:
            await client.call("join")
        changes = [await watcher.expect("nexws.presence") for _ in range(3)]
        if encoding == "json":
            assert changes[0] == {"group": "lobby", "joined": [pushed], "left": [], "updated": []}
            assert changes[2] == {"group": "lobby", "joined": [], "left": [pushed], "updated": []}
        assert [(len(each["joined"]), len(each["left"])) for each in changes] == [(1, 0), (1, 0), (0, 1)]


class Hidden(BaseModel):
    name: str
    secret: str = Field(exclude=True)


class Endless(BaseModel):
    model_config = ConfigDict(ser_json_inf_nan="constants")
    score: float


@pytest.mark.parametrize("info", [Hidden(name="ann", secret="x"), Endless(score=float("inf"))])
async def test_what_cannot_be_read_back_or_told_joins_nothing(info: BaseModel) -> None:
    """Others would trip over it."""

    class Vault(EventConsumer):
        presence = Presence[Any](type(info))

        @on("try")
        async def attempt(self) -> int:
            with pytest.raises(PayloadError):
                await self.join_group("lobby", presence=info)
            return len(await self.members("lobby")) + len(await self.group("lobby"))

    async with connect(app_of(Vault), "/vault") as client:
        assert await client.call("try") == 0
        await client.expect_nothing()


@pytest.mark.parametrize(
    ("envelope", "frame"),
    [
        (Envelope(), {"event": "nexws.presence", "data": joined("ann")}),
        (Envelope(event="type", data="payload"), {"type": "nexws.presence", "payload": joined("ann")}),
        (Envelope(event="type", data=None), {"type": "nexws.presence", **joined("ann")}),
    ],
)
async def test_the_push_stands_in_the_envelope_of_the_class(
    envelope: Envelope, frame: dict[str, Any]
) -> None:
    """As any other push."""
    body = {"envelope": envelope, "presence": Presence(Info), "on_connect": Room.on_connect}
    Enveloped = type("Enveloped", (EventConsumer,), body)  # noqa: N806
    async with connect(app_of(Enveloped), "/enveloped", user="ann") as client:
        assert json.loads(await client.receive_raw()) == frame


@pytest.mark.outside_contract("nodes of two versions have two documents", "nexws.presence")
async def test_members_let_in_by_another_version_are_left_out() -> None:
    """A node that runs the old class must not make the new one fail."""

    class Renamed(EventConsumer):
        namespace = Room.namespace_of()
        presence = Presence(Plain)

        async def on_connect(self, websocket: WebSocket) -> None:
            await websocket.accept()
            await self.join_group("lobby", presence=Plain(str(self.user)))

    class Old(EventConsumer):
        namespace = Room.namespace_of()
        presence = Presence(int)

        async def on_connect(self, websocket: WebSocket) -> None:
            await websocket.accept()
            await self.join_group("lobby", presence=7)

    layer = MemoryLayer()
    new, old = app_of(Room, layer=layer), app_of(Old, layer=layer.twin())
    other = app_of(Renamed, layer=layer.twin())
    async with (
        connect(old, "/old"),
        connect(other, "/renamed", user="bob"),
        connect(new, "/room", user="ann") as ann,
    ):
        assert await names(ann) == ["bob", "ann"]


# -- on several nodes


async def test_members_span_nodes() -> None:
    """And so does what the group is told."""
    layer = MemoryLayer()
    one, two = app_of(Room, layer=layer), app_of(Room, layer=layer.twin())
    async with connect(one, "/room", user="ann") as ann:
        async with connect(two, "/room", user="bob") as bob, connect(one, "/room", user="bob"):
            assert await names(ann) == await names(bob) == ["ann", "bob"]
            await bob.call("leave")
            assert await names(bob) == ["ann", "bob"]
        assert [await ann.expect("nexws.presence") for _ in range(3)] == [
            joined("ann"),
            joined("bob"),
            left("bob"),
        ]
        await ann.expect_nothing()


# -- however a connection ends


class Endings(Room):
    """Can end in any way."""

    @override
    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        if "boom" in data:
            raise RuntimeError("on purpose")
        await super().on_receive(websocket, data)

    @on("stay", timeout=1000)
    async def stay(self) -> None:
        await anyio.sleep_forever()


@pytest.mark.parametrize("ending", ["close", "reset", "error", "vanish", "cancel", "busy"])
async def test_every_ending_leaves(ending: str) -> None:
    """The group is told once, and nothing is left in the layer."""
    layer = MemoryLayer()
    app = app_of(Endings, layer=layer)
    async with connect(app, "/endings", user="ann") as ann:
        await ann.expect("nexws.presence")
        async with anyio.create_task_group() as tasks:
            server = Server(tasks, is_nexws=True)
            client = await server.connect(app, "/endings", user="bob")
            assert await ann.expect("nexws.presence") == joined("bob")
            if ending == "close":
                client.leave()
            elif ending == "reset":
                client.leave(None)
            elif ending == "error":
                client.deliver(text='{"event": "boom"}')
            elif ending == "vanish":
                client.vanish()
                client.leave(1006)
            elif ending == "busy":
                client.deliver(text='{"event": "stay"}')
                client.leave()
            else:
                client.scope.cancel()
            assert await ann.expect("nexws.presence", within=PATIENCE) == left("bob")
        assert await names(ann) == ["ann"]
        await ann.expect_nothing()
    assert await layer.present("Endings/lobby") == []


async def test_an_on_connect_that_fails_after_joining_leaves() -> None:
    """Accepted before, or not."""

    class Fails(Room):
        async def on_connect(self, websocket: WebSocket) -> None:
            if self.user == "ann":
                await super().on_connect(websocket)
            if self.user == "bob":
                await self.join_group("lobby", presence=Info(name="bob"))
                await websocket.accept()
                raise RuntimeError("on purpose")
            if self.user == "cid":
                await self.join_group("lobby", presence=Info(name="cid"))
                await websocket.close()

    app = app_of(Fails)
    async with connect(app, "/fails", user="ann") as ann:
        await ann.expect("nexws.presence")
        async with connect(app, "/fails", user="bob") as bob:
            assert await bob.expect_close() == 1011
        assert [await ann.expect("nexws.presence") for _ in range(2)] == [joined("bob"), left("bob")]
        with pytest.raises(Exception, match="HTTP 403"):
            async with connect(app, "/fails", user="cid"):
                raise AssertionError("it was refused")
        assert [await ann.expect("nexws.presence") for _ in range(2)] == [joined("cid"), left("cid")]
        assert await names(ann) == ["ann"]


async def test_nobody_joins_after_the_end() -> None:
    """Neither a handler that outlives its client, nor ``on_disconnect``: nothing would take them out again."""
    began, go_on, errors = anyio.Event(), anyio.Event(), list[str]()
    changes: list[Any] = []

    class Late(Room):
        @on("outlive", shield=True)
        async def outlive(self) -> None:
            began.set()
            await go_on.wait()
            await self.attempt("handler")

        async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
            await self.attempt("on_disconnect")

        async def attempt(self, who: str) -> None:
            for joining in (self.join_group("lobby"), self.join_group("lobby", presence=Info(name="late"))):
                with pytest.raises(ConnectionClosedError):
                    await joining
                errors.append(who)

    app = app_of(Late)
    async with connect(app, "/late", user="ann") as ann:
        async with connect(app, "/late", user="bob") as bob:
            await bob.send("outlive")
            await began.wait()
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(bob.close)
                changes += [await ann.expect("nexws.presence") for _ in range(3)]
                go_on.set()
        assert changes[2] == left("bob")
        assert await names(ann) == ["ann"]
        assert errors == ["handler"] * 2 + ["on_disconnect"] * 2
        await ann.expect_nothing()


# -- a layer that fails


class Fragile(MemoryLayer):
    """Does not do what it is asked to, for a while."""

    def __init__(self) -> None:
        super().__init__()
        self.broken: set[str] = set()
        self.slow: set[str] = set()
        self.asked, self.go_on = anyio.Event(), anyio.Event()

    async def check(self, what: str) -> None:
        if what in self.slow:
            self.asked.set()
            await self.go_on.wait()
        if what in self.broken:
            raise LayerError(f"{what} is out of order")

    @override
    async def follow(self, group: str) -> None:
        await self.check(f"follow {group}")
        await super().follow(group)

    @override
    async def enter(self, group: str, member: str, connection: str, info: str) -> bool:
        await self.check("enter")
        return await super().enter(group, member, connection, info)

    @override
    async def leave(self, group: str, member: str, connection: str) -> Present | None:
        await self.check(f"leave {group}")
        return await super().leave(group, member, connection)


class Several(Room):
    """Is in three groups."""

    ended: list[int] = []

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        for group in ("first", "lobby", "third"):
            await self.join_group(group, presence=Info(name=str(self.user)))

    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        self.ended.append(close_code)

    @on("out")
    async def out(self) -> str:
        with pytest.raises(LayerError) as error:
            await self.leave_group("lobby")
        return error.value.problem


SEVERAL = Several.namespace_of()


async def test_a_layer_that_fails_at_the_end_keeps_nothing_else_from_being_done(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Other groups are left and told, ``on_disconnect`` runs, and the log has one line."""
    layer = Fragile()
    app = app_of(Several, layer=layer)
    Several.ended.clear()
    async with connect(app, "/several", user="ann") as ann:
        async with connect(app, "/several", user="bob"):
            layer.broken = {f"leave {SEVERAL}/first", f"leave {SEVERAL}/lobby"}
        assert Several.ended == [1000]
        changes = [await ann.expect("nexws.presence") for _ in range(7)]
        assert changes[6] == {**left("bob"), "group": "third"}
        await ann.expect_nothing()
        layer.broken = set()
    logged = [each for each in caplog.records if each.levelno >= logging.ERROR]
    assert [each.getMessage().partition(", ")[0] for each in logged] == ["Several.leave_group failed"]


async def test_leaving_that_failed_is_tried_again_at_the_end() -> None:
    """The membership has ended all the same."""
    layer = Fragile()
    app = app_of(Several, layer=layer)
    async with connect(app, "/several", user="ann") as ann:
        async with connect(app, "/several", user="bob") as bob:
            layer.broken = {f"leave {SEVERAL}/lobby"}
            assert await bob.call("out") == f"leave {SEVERAL}/lobby is out of order"
            layer.broken = set()
            assert await names(ann) == ["ann", "bob"]
        assert await names(ann) == ["ann"]


async def test_joining_that_failed_has_joined_nothing() -> None:
    """What is not known to be said is taken back."""

    class Tries(Room):
        namespace = "Tries"

        async def on_connect(self, websocket: WebSocket) -> None:
            await websocket.accept()

        @on("try")
        async def attempt(self) -> int:
            with pytest.raises(LayerError):
                await self.join_group("lobby", presence=Info(name="ann"))
            return len(await self.group("lobby")) + len(await self.members("lobby"))

        @on("change")
        async def change(self) -> list[str]:
            with pytest.raises(LayerError):
                await self.join_group("lobby", presence=Info(name="other"))
            return [each.name for each in await self.presence.members("lobby")]

    layer = Fragile()
    async with connect(app_of(Tries, layer=layer), "/tries") as client:
        for broken in ("enter", "follow Tries/lobby"):
            layer.broken = {broken}
            assert await client.call("try") == 0
        layer.broken = set()
        await client.call("join", "ann")
        assert await client.expect("nexws.presence") == joined("ann")
        layer.broken = {"enter"}
        assert await client.call("change") == ["ann"]
        layer.broken = set()
        await client.call("join", "other")
        assert await client.expect("nexws.presence") == {**joined(), "updated": [{"name": "other"}]}


@pytest.mark.parametrize("slow", ["enter", "follow Parallel/aside"])
async def test_a_client_that_leaves_while_it_joins_is_not_left_behind(slow: str) -> None:
    """The layer takes its time, and the connection is over when it is done."""

    class Parallel(Room):
        namespace = "Parallel"

        @on("aside", shield=True)
        async def aside(self) -> None:
            await self.join_group("aside", presence=Info(name="late"))

    layer = Fragile()
    app = app_of(Parallel, layer=layer)
    async with connect(app, "/parallel", user="ann") as ann:
        async with connect(app, "/parallel", user="bob") as bob:
            layer.slow = {slow}
            await bob.send("aside")
            await layer.asked.wait()
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(bob.close)
                changes = [await ann.expect("nexws.presence") for _ in range(3)]
                assert changes[2] == left("bob")
                layer.go_on.set()
        assert await layer.present("Parallel/aside") == []
        assert "Parallel/aside" not in layer._memory.followers
        await ann.expect_nothing()
