"""The documentation says what the library does: its examples run, its tables are complete."""

from __future__ import annotations

import contextlib
import importlib.util
import inspect
import itertools
import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import fields, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest
import yaml
from nexios import NexiosApp
from nexios.auth.users.simple import SimpleUser
from nexios.dependencies import Depend
from nexios.websockets import WebSocket
from pydantic import BaseModel
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as dial
from websockets.exceptions import InvalidMessage

import nexws
import nexws.testing
from nexws import (
    CallNext,
    CloseCode,
    Envelope,
    EventConsumer,
    EventContext,
    EventFailed,
    EventMiddleware,
    EventRouter,
    FailureCode,
    Guard,
    HandshakeRefusedError,
    Limits,
    Nexws,
    WebSocketConsumer,
    emits,
    on,
)
from nexws.asyncapi.diff import as_text, diff
from nexws.asyncapi.lint import lint
from nexws.testing import Connection, connect, layer_contract
from tests.transcripts import only_path, speech

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
EXAMPLES = DOCS / "examples"
PAGES = sorted(DOCS.glob("*.md"))
TRANSCRIPTS = sorted(set(EXAMPLES.glob("*.txt")) - {EXAMPLES / "documented_diff.txt"})
USERS_TESTS = sorted(EXAMPLES.glob("test_*.py"))


class Line(BaseModel):
    text: str


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def _no_example_stays_loaded() -> Iterator[None]:
    """Each test has programs of its own, and pytest's own modules keep their names."""
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith("docs_example_"):
            del sys.modules[name]


def load(name: str) -> Any:
    """Run an example, as an import does."""
    spec = importlib.util.spec_from_file_location(f"docs_example_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module
    spec.loader.exec_module(module)
    return module


def plain(frame: str | bytes) -> Any:
    """Read a frame for comparing it: keys in any order, and seconds to wait as whole ones, for they pass."""
    header, line_feed, data = frame.partition(b"\n") if isinstance(frame, bytes) else (frame, b"", b"")
    read = json.loads(header)
    error = read.get("error", {}) if isinstance(read, dict) else {}
    if "retry_after" in error:
        error["retry_after"] = round(error["retry_after"])
        error["message"] = re.sub(r"[\d.]+ s", f"{error['retry_after']} s", error["message"])
    return read, line_feed, data


class Epochs:
    """What the epochs of a transcript are called where it is spoken."""

    _position = re.compile(r'"([A-Za-z0-9_.-]+):(\d+)"')

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def learn(self, written: str | bytes, spoken: str | bytes) -> None:
        found = [self._position.findall(each) for each in (written, spoken) if isinstance(each, str)]
        for (ours, _), (theirs, _) in zip(*found, strict=False) if found else ():
            self._names.setdefault(ours, theirs)

    def spoken(self, frame: str | bytes) -> str | bytes:
        if isinstance(frame, bytes):
            return frame
        return self._position.sub(lambda each: f'"{self._names.get(each[1], each[1])}:{each[2]}"', frame)


async def speak(client: Connection, transcript: list[tuple[str, str | bytes]], epochs: Epochs) -> None:
    for side, frame in transcript:
        if side == ">":
            await client.send_raw(epochs.spoken(frame))
        else:
            received = await client.receive_raw()
            epochs.learn(frame, received)
            assert plain(received) == plain(epochs.spoken(frame))
    await client.expect_nothing()


# -- examples


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda each: each.stem)
@pytest.mark.outside_contract(
    "a program that is not strict need not declare its codes", '"code":"(already_sent|table_full|too_low)"'
)
@pytest.mark.outside_contract("a handler of any name may call it unknown", "lamp.attic")
async def test_what_is_said_in_a_transcript_is_what_is_said_on_the_wire(transcript: Path) -> None:
    """``chat.txt`` and ``chat_failure.txt`` are spoken with ``chat.py``."""
    app = load(transcript.stem.partition("_")[0]).app
    spoken = speech(transcript)
    if spoken[0][0] != "#":
        spoken.insert(0, ("#", only_path(app)))
    epochs = Epochs()
    starts = [number for number, (side, _) in enumerate(spoken) if side == "#"]
    for start, end in itertools.pairwise([*starts, len(spoken)]):
        async with connect(app, str(spoken[start][1])) as client:
            await speak(client, spoken[start + 1 : end], epochs)


def test_each_failure_code_is_shown_in_a_transcript() -> None:
    shown = {
        code
        for each in TRANSCRIPTS
        for code in re.findall(r'"error": {"code": "(\w+)"', each.read_text(encoding="utf-8"))
    }
    assert shown >= {code.value for code in FailureCode}


@pytest.mark.parametrize("file", USERS_TESTS, ids=lambda each: each.stem)
def test_tests_that_a_user_would_write_pass(file: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "-p", "no:cacheprovider", file.name]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    run = subprocess.run(
        command, cwd=EXAMPLES, env=environment, capture_output=True, text=True, check=False, timeout=50
    )
    assert run.returncode == 0, run.stdout + run.stderr


async def test_the_inferred_handler_replies_like_the_given_one() -> None:
    app = load("handlers").app
    async with connect(app, "/lobby") as ann, connect(app, "/lobby"):
        welcome = {"name": "ann", "players": 2}
        assert await ann.call("lobby.enter", {"name": "ann"}) == welcome
        assert await ann.call("lobby.rename", {"name": "ann"}) == welcome


async def test_the_handler_of_two_events_closes_on_both() -> None:
    app = load("handlers").app
    for event in ("lobby.leave", "lobby.quit"):
        async with connect(app, "/lobby?name=ann") as ann:
            assert await ann.call("lobby.whoami", "hello") == "hello, ann"
            await ann.send(event, ref=1)
            assert await ann.expect_close() == 1000
            await ann.expect_nothing()


@pytest.mark.outside_contract(
    "a program that is not strict need not declare its codes", '"code":"no_such_table"'
)
async def test_a_table_that_does_not_exist_has_a_code_of_its_own() -> None:
    app = load("failures").app
    async with connect(app, "/tables") as client:
        await client.send("table.enter", {"table": 101})
        failure = await client.expect_failure("no_such_table")
        assert (failure.message, failure.retryable) == ("there is no table 101", False)
        assert await client.call("table.enter", {"table": 1}) == "welcome"


async def test_strokes_reach_the_others_and_are_kept() -> None:
    module = load("pushes")
    stroke = module.Stroke(x=1, y=2)
    async with connect(module.app, "/board") as ann, connect(module.app, "/board") as bob:
        assert await ann.call("board.draw", stroke) == 1
        assert await bob.expect(module.Board.drawn) == stroke
        await ann.expect_nothing()
        kept = await bob.call("board.recent")
        assert kept == [{"event": "board.drawn", "data": {"x": 1, "y": 2}}]
        await ann.call("board.clear")
        assert json.loads(await ann.receive_raw()) == {"event": "board.cleared"}
        await bob.expect_nothing()


@pytest.mark.parametrize("user", [{"id": "bob"}, "bob", SimpleUser("bob")], ids=["mapping", "text", "user"])
@pytest.mark.outside_contract("a program that is not strict need not declare its codes", '"code":"not_here"')
async def test_whispers_reach_all_connections_of_a_user(user: object) -> None:
    module = load("pushes")
    async with (
        connect(module.app, "/board") as ann,
        connect(module.app, "/board", user=user) as phone,
        connect(module.app, "/board", user=user) as laptop,
    ):
        await ann.call("board.whisper", {"to": "bob", "text": "psst"})
        for each in (phone, laptop):
            assert (await each.expect(module.Board.whispered)).text == "psst"
        with pytest.raises(EventFailed) as failed:
            await ann.call("board.whisper", {"to": "eve", "text": "psst"})
        assert (failed.value.code, failed.value.message) == ("not_here", "eve is not connected")


async def test_scores_are_shared_per_game_and_replayed() -> None:
    module = load("scores")
    async with connect(module.app, "/scores/go") as ann, connect(module.app, "/scores/chess") as bob:
        await ann.send_raw('{"ann": 3}')
        assert json.loads(await ann.receive_raw()) == {"ann": 3}
        await bob.expect_nothing()
    async with connect(module.app, "/scores/go") as carl:
        assert json.loads(await carl.receive_raw()) == {"ann": 3}


async def test_silent_scorers_are_closed() -> None:
    module = load("scores")
    assert module.Scores.expires == 600
    module.Scores.expires = 0.02
    async with connect(module.app, "/scores/go") as ann:
        assert await ann.expect_close() == CloseCode.GOING_AWAY


async def test_users_are_known_by_their_cookie() -> None:
    module = load("users")
    ann, bob = {"cookie": "session=s3cret"}, {"cookie": "session=hush"}
    async with (
        connect(module.app, "/inbox", headers=ann) as sender,
        connect(module.app, "/inbox", headers=bob) as receiver,
    ):
        assert await sender.call("inbox.send", "bob") == 1
        assert await receiver.expect(module.Inbox.arrived) == "ann says hello"


async def test_who_has_no_cookie_is_refused() -> None:
    app = load("users").app
    with pytest.raises(HandshakeRefusedError) as refused:
        async with connect(app, "/inbox"):
            pass
    assert (refused.value.status, refused.value.body) == (403, "log in first")


async def test_a_wrong_handshake_is_answered_as_the_page_has_it() -> None:
    cookies = {"cookie": "currency=EUR; currency=USD"}
    with pytest.raises(HandshakeRefusedError) as refused:
        async with connect(load("feed").app, "/feed?since=-1", headers=cookies):
            pass
    assert refused.value.status == 400
    assert json.loads(refused.value.body) == json.loads((EXAMPLES / "feed_refused.json").read_text())


async def test_tickets_tell_the_user() -> None:
    app = load("tickets").app
    for path, name in [("/whoami", "nobody"), ("/whoami?ticket=42", "ann")]:
        async with connect(app, path) as client:
            assert await client.call("whoami") == name


async def test_a_handler_may_clean_up_when_its_client_leaves() -> None:
    """What the page on events says about order: ``finally`` may await, and waiting frames are dropped."""
    happened: list[object] = []

    class Orders(EventConsumer):
        @on("order.wait")
        async def wait(self, number: int) -> None:
            happened.append(number)
            try:
                await anyio.sleep_forever()
            finally:
                await anyio.lowlevel.checkpoint()
                happened.append("cleaned up")

        async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
            happened.append(close_code)

    app = NexiosApp()
    app.add_ws_route(Orders.as_route("/orders"))
    async with connect(app, "/orders") as client:
        await client.send("order.wait", 1)
        await client.send("order.wait", 2)
        await anyio.wait_all_tasks_blocked()
    assert happened == [1, "cleaned up", 1000]


async def test_what_is_shielded_is_finished_without_its_client() -> None:
    module = load("payments")
    async with connect(module.app, "/payments") as client:
        assert await client.call("payment.confirm", 1) == "paid"
        await client.send("payment.confirm", 2)
        await anyio.wait_all_tasks_blocked()
    assert module.BOOKED == [1, 2]


async def test_a_thread_outlives_the_time_limit_of_its_handler() -> None:
    """What the page on order says that cancelling cannot do."""
    may_end, has_ended = threading.Event(), threading.Event()

    class Files(EventConsumer):
        @on("file.read", timeout=0.02)
        def read(self) -> None:
            may_end.wait(5)
            has_ended.set()

        @on("file.count")
        async def count(self) -> int:
            return 1

    app = NexiosApp()
    app.add_ws_route(Files.as_route("/files"))
    async with connect(app, "/files") as client:
        with pytest.raises(EventFailed, match="timeout"):
            await client.call("file.read")
        assert await client.call("file.count") == 1
        assert not has_ended.is_set()
        may_end.set()
        assert has_ended.wait(5)
        await client.expect_nothing()


async def test_frames_that_do_not_fit_are_refused_when_patience_ends() -> None:
    """What the page on order says about the inbox."""
    go_on = anyio.Event()

    class Orders(EventConsumer):
        @on("order.wait")
        async def wait(self) -> None:
            await go_on.wait()

    class Raw(WebSocketConsumer):
        async def on_receive(self, websocket: WebSocket, data: Any) -> None:
            await anyio.sleep_forever()

    app = NexiosApp()
    Nexws(app, limits=Limits(inbox_frames=1, inbox_timeout=0.02))
    app.add_ws_route(Orders.as_route("/orders"))
    app.add_ws_route(Raw.as_route("/raw"))
    async with connect(app, "/orders") as client:
        for number in range(4):
            await client.send("order.wait", ref=number)
        assert (await client.expect_failure("rate_limited")).retryable
        go_on.set()
        frames = [json.loads(await client.receive_raw()) for _ in range(3)]
        assert [frame["status"] for frame in frames].count("ok") >= 2
    async with connect(app, "/raw") as client:
        for _ in range(4):
            await client.send_raw("x")
        assert await client.expect_close() == CloseCode.RATE_LIMITED


async def test_everything_around_a_handler_has_the_order_of_the_page() -> None:
    happened: list[str] = []

    def guard(name: str) -> Guard:
        return lambda event: happened.append(f"guard of {name}")

    def middleware(name: str) -> EventMiddleware:
        async def around(event: EventContext, call_next: CallNext) -> Any:
            happened.append(f"into {name}")
            reply = await call_next(replace(event, data=event.data + 1))
            happened.append(f"out of {name}")
            return reply

        return around

    def dependency() -> Iterator[None]:
        happened.append("dependency")
        yield
        happened.append("clean-up")

    inner = EventRouter(prefix="inner.", guards=[guard("inner")], middleware=[middleware("inner")])
    outer = EventRouter(
        prefix="outer.", include=[inner], guards=[guard("outer")], middleware=[middleware("outer")]
    )

    @inner.on("event", rate="2/h", guards=[guard("event")], middleware=[middleware("event")])
    async def serve(consumer: EventConsumer, data: int, given: Any = Depend(dependency)) -> int:
        happened.append("handler")
        return data

    class Base(EventConsumer):
        guards = [guard("base")]
        event_middleware = [middleware("base")]

    class Served(Base):
        include = [outer]
        guards = [guard("class")]
        event_middleware = [middleware("class")]

    app = NexiosApp()
    Nexws(app, guards=[guard("app")], event_middleware=[middleware("app")])
    app.add_ws_route(Served.as_route("/"))
    levels = ["app", "base", "class", "outer", "inner", "event"]
    async with connect(app, "/") as client:
        assert await client.call("outer.inner.event", 1) == 7
        assert happened == [
            *(f"guard of {level}" for level in levels),
            *(f"into {level}" for level in levels),
            "dependency",
            "handler",
            "clean-up",
            *(f"out of {level}" for level in reversed(levels)),
        ]
        happened.clear()
        for data in ("x", "y"):
            await client.send("outer.inner.event", data)
            await client.expect_failure("invalid_payload")
        assert happened == []
        assert await client.call("outer.inner.event", 1) == 7
        happened.clear()
        await client.send("outer.inner.event", 1)
        await client.expect_failure("rate_limited")
        assert happened == []


async def test_metrics_count_what_happened() -> None:
    module = load("metrics")
    async with connect(module.app, "/calculator") as client:
        assert await client.call("divide", [1, 2]) == 0.5
        for data in ([1, 0], ["one", 1]):
            with pytest.raises(EventFailed):
                await client.call("divide", data)
        with pytest.raises(EventFailed):
            await client.call("multiply", [1, 2])
        assert module.metrics.connected == 1
    assert module.metrics.connected == 0
    assert module.metrics.slowest > 0
    assert module.metrics.events == {
        ("divide", "ok"): 1,
        ("divide", "internal"): 1,
        ("none", "invalid_payload"): 1,
        ("none", "unknown_event"): 1,
    }


async def test_the_history_of_an_envelope_has_the_usual_names() -> None:
    """What the page on pushes says."""

    class Chat(EventConsumer):
        envelope = Envelope(event="type", data=None)
        said = emits("said", Line)

        @on("say")
        async def say(self, line: Line) -> None:
            await self.said.broadcast(line, group="chat", save_history=True)
            assert [each.payload for each in await self.history("chat")] == [
                {"event": "said", "data": {"text": "hi"}}
            ]

    app = NexiosApp()
    app.add_ws_route(Chat.as_route("/chat"))
    async with connect(app, "/chat") as client:
        await client.call("say", {"text": "hi"})


async def test_a_lobby_keeps_what_it_says_it_does() -> None:
    module = load("resume")
    async with connect(module.app, "/lobby") as ann:
        positions = list[str]()
        for text in ("one", "two", "three"):
            await ann.call("lobby.say", {"text": text})
            positions.append(json.loads(await ann.receive_raw())["pos"])
        await ann.call("lobby.type")
        assert await ann.call("lobby.recent") == [{"text": text} for text in ("one", "two", "three")]
        after = await ann.call("lobby.after", positions[0])
        assert [each.partition(" at ")[0] for each in after] == ["lobby.said"] * 2


async def test_javascript_keeps_positions_and_hands_on_each_push_once() -> None:
    """What came before the resume is put in order; what is lost is told; what is not kept goes through."""
    program = """
        const { Positions } = require("./resume.js");
        const happened = [];
        const positions = new Positions(["a", "b"], {
          send: (frame) => happened.push({ sent: { ...frame.data.groups } }),
          groupOf: (frame) => frame.data.group,
          onPush: (frame) => happened.push(frame.data.text),
          onLost: (group) => happened.push({ lost: group }),
        });
        const push = (group, text, pos) => positions.received({ event: "said", data: { group, text }, pos });
        const told = (groups) => positions.received({ ref: "resume", status: "ok", data: { groups } });
        positions.opened();
        push("a", "in the state already", "e:3");
        told({ a: { recovered: false, pos: "e:3" }, b: { recovered: false, pos: null } });
        push("a", "4", "e:4");
        push("b", "1", "f:1");
        push("b", "not kept");
        positions.opened();
        push("a", "8", "e:8");
        push("a", "5", "e:5");
        push("a", "8", "e:8");
        push("b", "5", "g:5");
        told({ a: { recovered: true, pos: "e:9" }, b: { recovered: false, pos: "g:5" } });
        push("a", "9", "e:9");
        push("a", "10", "e:10");
        console.log(JSON.stringify(happened));
    """
    run = await anyio.run_process(["node", "-e", program], cwd=EXAMPLES)
    assert json.loads(run.stdout) == [
        {"sent": {"a": None, "b": None}},
        {"lost": "a"},
        {"lost": "b"},
        "4",
        "1",
        "not kept",
        {"sent": {"a": "e:4", "b": "f:1"}},
        "5",
        "8",
        {"lost": "b"},
        "10",
    ]


async def test_javascript_asks_again_where_a_resume_fails() -> None:
    """With the positions that it had: what came meanwhile comes again."""
    program = """
        const { Positions } = require("./resume.js");
        globalThis.setTimeout = (later) => later();
        const happened = [];
        const positions = new Positions(["a"], {
          send: (frame) => happened.push(frame.data.groups.a),
          groupOf: () => "a",
          onPush: (frame) => happened.push(frame.data),
          onLost: () => happened.push("lost"),
        });
        positions.last.a = "e:1";
        positions.opened();
        positions.received({ event: "said", data: "3", pos: "e:3" });
        positions.received({ ref: "resume", status: "error", error: { code: "unavailable" } });
        positions.received({ event: "said", data: "2", pos: "e:2" });
        positions.received({ event: "said", data: "3", pos: "e:3" });
        positions.received({ ref: "resume", status: "ok", data: { groups: { a: { recovered: true, pos: "e:3" } } } });
        console.log(JSON.stringify(happened));
    """
    run = await anyio.run_process(["node", "-e", program], cwd=EXAMPLES)
    assert json.loads(run.stdout) == ["e:1", "e:1", "2", "3"]


def test_examples_and_texts_for_the_documents_are_kept() -> None:
    handler = load("handlers").Lobby.events["lobby.invite"]
    assert (handler.tags, handler.deprecated, handler.summary) == (("players",), True, "Invite somebody.")
    assert handler.examples == ({"name": "bob"},)


@pytest.mark.parametrize(
    ("offered", "chosen", "answer"),
    [(["scores.v1", "scores.v2"], "scores.v2", {"score": 3}), (["scores.v1"], "scores.v1", 3), ([], None, 3)],
)
async def test_a_client_chooses_a_version(offered: list[str], chosen: str | None, answer: object) -> None:
    app = load("versions").app
    async with connect(app, "/scores", subprotocols=offered) as client:
        assert client.subprotocol == chosen
        await client.send_raw("3")
        assert json.loads(await client.receive_raw()) == answer


async def test_javascript_writes_and_reads_the_frames_of_bytes() -> None:
    """As far as Node.js has what browsers have: all of it but the socket."""
    program = """
        const { read, write } = require("./frames.js");
        const [header, bytes] = read(Buffer.from(process.argv[1], "hex").buffer.slice(0));
        write({ ...header, seen: new Uint8Array(bytes).length }, bytes).arrayBuffer()
          .then((frame) => console.log(Buffer.from(frame).toString("hex")));
    """
    frame = (
        b'{"event":"photo.added"}\n\xff\x0a\xd9' + b"\0" * 9000
    )  # longer than Node's pool of small buffers
    run = await anyio.run_process(["node", "-e", program, frame.hex()], cwd=EXAMPLES)
    written = bytes.fromhex(run.stdout.decode())
    assert written == frame.replace(b'added"', b'added","seen":9003')


async def test_tuned_limits_are_in_force() -> None:
    app = load("tuning").app
    async with connect(app, "/positions") as client:
        await client.send_raw(bytes(4097))
        assert await client.expect_close() == CloseCode.TOO_BIG


async def test_a_deployed_application_tells_that_it_drains() -> None:
    """Load balancers by its health check, clients by a warning, who asked for it by the answer."""
    app = load("deployed").app
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://clock") as http:
        assert (await http.get("/ready")).status_code == 200
        async with connect(app, "/clock") as client, anyio.create_task_group() as tasks:
            tasks.start_soon(http.post, "/drain")
            assert await client.expect("nexws.closing") == {"code": 4001, "reconnect": True, "delay": 25.0}
            assert (await http.get("/ready")).status_code == 503
            assert await client.call("clock.add", 1) == 2
            await client.close()


def test_moving_from_nexios_changes_one_line() -> None:
    """Blank lines, which tools that sort imports like, do not count."""
    before, after = (
        [line for line in (EXAMPLES / name).read_text().splitlines() if line]
        for name in ("nexios_before.py", "nexios_after.py")
    )
    changed = [(old, new) for old, new in itertools.zip_longest(before, after) if old != new]
    assert len(changed) == 1
    for line, when in zip(changed[0], ("before", "after"), strict=True):
        assert f"{line}  # {when}" in page("from-nexios.md")


@pytest.mark.parametrize("name", ["nexios_before", "nexios_after"])
async def test_the_program_of_nexios_runs_with_either_class(name: str) -> None:
    app = load(name).app
    async with connect(app, "/room") as ann:
        await ann.send_raw('{"hello": 1}')
        assert json.loads(await ann.receive_raw()) == {"hello": 1}


# -- the document


def test_the_documented_example_has_a_sound_document(tmp_path: Path) -> None:
    load("documented").write_contract(tmp_path / "asyncapi.json")
    document = json.loads((tmp_path / "asyncapi.json").read_text())
    assert [problem for problem in lint(document) if problem.severity == "error"] == []
    assert (document["x-nexws-view"], list(document["servers"])) == ("client", ["production"])
    assert document["operations"]["Auction.bid.place"]["action"] == "send"
    assert document["components"]["messages"]["Auction.bid.place"]["examples"]


async def test_the_documented_example_counts_who_is_told() -> None:
    async with connect(load("documented").app, "/auctions") as client:
        assert await client.call("bid.place", {"lot": 7, "amount": 2500}) == 0


def test_a_change_is_told_as_the_page_has_it() -> None:
    old = nexws.build_asyncapi(load("documented").app)
    new = json.loads(json.dumps(old))
    properties = new["components"]["schemas"]["Bid"]["properties"]
    properties["amount"]["maximum"] //= 2
    properties["note"] = {"type": "string"}
    assert as_text(diff(old, new)) == (EXAMPLES / "documented_diff.txt").read_text().rstrip()


def test_every_extension_of_the_document_is_in_its_page() -> None:
    source = "".join(each.read_text() for each in (ROOT / "nexws" / "asyncapi").glob("*.py"))
    table = page("asyncapi.md").partition("| Extension |")[2].partition("\n## ")[0]
    listed = re.findall(r"^\| `(x-nexws-[a-z-]+)`", table, re.MULTILINE)
    assert sorted(listed) == sorted(set(re.findall(r"\bx-nexws-[a-z-]*[a-z]", source)))


# -- servers


def commands() -> list[str]:
    servers = page("consumer.md").partition("## Servers")[2].partition("## Limits")[0]
    servers += page("deploying.md").partition("## uvicorn itself")[2].partition("## The end")[0]
    blocks = re.findall(r"```sh\n(.*?)```", servers, re.DOTALL)
    return [line for block in blocks for line in block.replace("\\\n", "").splitlines()]


@asynccontextmanager
async def served(command: str, port: int) -> AsyncGenerator[None]:
    """Run *command* as the documentation has it, on *port*."""
    program, *arguments = command.split()
    where = ["--bind", f"127.0.0.1:{port}"] if program == "hypercorn" else ["--port", str(port)]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    binary = Path(sys.executable).with_name(program)
    async with await anyio.open_process(
        [str(binary), *arguments, *where], cwd=EXAMPLES, env=environment, stdout=None, stderr=None
    ) as process:
        try:
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()


async def dialled(url: str) -> ClientConnection:
    """Connect as soon as the server is there."""
    with anyio.fail_after(20):
        while True:
            with contextlib.suppress(OSError, InvalidMessage):
                return await dial(url)
            await anyio.sleep(0.02)


@pytest.mark.server
@pytest.mark.parametrize("command", commands())
async def test_the_first_program_runs_on_every_server_that_is_named(command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    async with served(command, port):
        client = await dialled(f"ws://127.0.0.1:{port}/chat")
        try:
            for side, frame in speech(EXAMPLES / "chat.txt"):
                if side == ">":
                    await client.send(frame)
                else:
                    assert plain(await client.recv()) == plain(frame)
        finally:
            await client.close()


def test_four_ways_to_serve_are_named() -> None:
    assert {command.split()[0] for command in commands()} == {"nexws", "uvicorn", "hypercorn", "granian"}


# -- tables and lists


def test_every_public_name_is_in_the_reference() -> None:
    shown = re.findall(r"^::: nexws\.(.+)$", page("reference.md"), re.MULTILINE)
    names = [each for each in shown if "." not in each]
    assert sorted(names) == sorted(nexws.__all__)
    testing = [each.removeprefix("testing.") for each in shown if each.startswith("testing.")]
    contract = [each.removeprefix("layer_contract.") for each in testing if "." in each]
    testing = [each for each in testing if "." not in each]
    assert sorted(contract) == sorted(layer_contract.__all__)
    assert sorted(testing) == sorted(nexws.testing.__all__)


def test_every_method_of_the_test_client_is_in_its_page() -> None:
    public = {name for name, _ in inspect.getmembers(Connection) if not name.startswith("_")}
    table = page("testing.md").partition("## The connection")[2].partition("\n## ")[0]
    first_column = " ".join(re.findall(r"^\| (`.+?`) \|", table, re.MULTILINE))
    assert set(re.findall(r"`(\w+)", first_column)) == public


def rows(section: str) -> list[list[str]]:
    text = page("limits-and-codes.md").partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip(" `") for cell in line.strip("|").split(" | ")] for line in lines[1:]]


def test_every_failure_code_is_documented() -> None:
    assert [row[0] for row in rows("Failure codes")] == [code.value for code in FailureCode]


def test_every_close_code_is_documented() -> None:
    assert [row[:2] for row in rows("Close codes")] == [[str(int(code)), code.name] for code in CloseCode]


def test_every_limit_is_documented_with_its_default() -> None:
    assert [row[:2] for row in rows("Limits")] == [[each.name, repr(each.default)] for each in fields(Limits)]


# -- the site


def paths(entries: list[dict[str, Any]]) -> Iterator[str]:
    for what in (what for entry in entries for what in entry.values()):
        yield from [what] if isinstance(what, str) else paths(what)


def navigation() -> list[str]:
    return list(paths(yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"]))


def test_every_page_is_in_the_navigation() -> None:
    assert sorted(navigation()) == [each.name for each in PAGES]


def test_every_example_is_shown() -> None:
    shown = set(re.findall(r'--8<-- "docs/examples/([\w.]+)', "".join(each.read_text() for each in PAGES)))
    there = {each.name for each in EXAMPLES.iterdir() if each.is_file()}
    assert there - shown == {"nexios_before.py"}  # which differs in one shown line


def test_the_site_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    """No fonts, scripts, styles or images of other hosts; links are for the reader to follow."""
    command = [sys.executable, "-m", "mkdocs", "build", "--site-dir", str(tmp_path)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    html = "".join(each.read_text() for each in tmp_path.rglob("*.html"))
    styles = "".join(each.read_text() for each in tmp_path.rglob("*.css"))
    assert "chat.posted" in html
    assert re.findall(r'<(?:script|link|img|iframe|source|object)\b[^>]*"(?:https?:)?//[^>]*>', html) == []
    assert re.findall(r"(?:@import|url\()\s*[\"']?(?:https?:)?//[^)]*", styles) == []
