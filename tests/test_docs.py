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
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import fields
from pathlib import Path
from types import ModuleType
from typing import Any

import anyio
import anyio.lowlevel
import pytest
import yaml
from nexios import NexiosApp
from nexios.auth.users.simple import SimpleUser
from nexios.routing import WebsocketRoute
from nexios.websockets import WebSocket
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as dial
from websockets.exceptions import InvalidMessage

import nexws
import nexws.testing
from nexws import (
    CloseCode,
    EventConsumer,
    EventFailed,
    FailureCode,
    HandshakeRefusedError,
    Limits,
    SetupError,
    on,
)
from nexws.testing import Connection, connect

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
EXAMPLES = DOCS / "examples"
PAGES = sorted(DOCS.glob("*.md"))
TRANSCRIPTS = sorted(EXAMPLES.glob("*.txt"))
USERS_TESTS = sorted(EXAMPLES.glob("test_*.py"))


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


def only_path(app: NexiosApp) -> str:
    (route,) = (each for each in app.router.routes if isinstance(each, WebsocketRoute))
    return re.sub(r"{\w+:int}", "7", route.raw_path)


def speech(transcript: Path) -> list[tuple[str, str]]:
    """Read a transcript: ``("<" or ">", frame)``."""
    lines = transcript.read_text(encoding="utf-8").splitlines()
    return [(line[0], line[2:]) for line in lines]


# -- examples


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda each: each.stem)
async def test_what_is_said_in_a_transcript_is_what_is_said_on_the_wire(transcript: Path) -> None:
    """``chat.txt`` and ``chat_failure.txt`` are spoken with ``chat.py``."""
    app = load(transcript.stem.partition("_")[0]).app
    async with connect(app, only_path(app)) as client:
        for side, frame in speech(transcript):
            if side == ">":
                await client.send_raw(frame)
            else:
                assert json.loads(await client.receive_raw()) == json.loads(frame)
        await client.expect_nothing()


def test_the_transcript_of_failures_shows_every_code() -> None:
    shown = re.findall(
        r'"code": "(\w+)"',
        (EXAMPLES / "failures_all.txt").read_text() + (EXAMPLES / "streams.txt").read_text(),
    )
    assert sorted(shown) == sorted(code.value for code in FailureCode)


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


async def test_tuned_limits_are_in_force() -> None:
    app = load("tuning").app
    async with connect(app, "/positions") as client:
        await client.send_raw(bytes(4097))
        assert await client.expect_close() == CloseCode.TOO_BIG


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


# -- servers


def commands() -> list[str]:
    servers = page("consumer.md").partition("## Servers")[2].partition("## Limits")[0]
    return [
        line for block in re.findall(r"```sh\n(.*?)```", servers, re.DOTALL) for line in block.splitlines()
    ]


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
                    assert json.loads(await client.recv()) == json.loads(frame)
        finally:
            await client.close()


def test_three_servers_are_named() -> None:
    assert {command.split()[0] for command in commands()} == {"uvicorn", "hypercorn", "granian"}


# -- what fails when the class is made

MISTAKES = {
    "two handlers of one event": """
        @on("order.place")
        async def place(self, data: Order) -> None: ...
        @on("order.place")
        async def place_again(self, data: Order) -> None: ...
    """,
    "an unusable name": """
        @on("order place")
        async def place(self, data: Order) -> None: ...
    """,
    "a reserved name": """
        ordered = emits("nexws.order", Order)
    """,
    "another payload than declared": """
        @on("order.place", schema=Order)
        async def place(self, data: Receipt) -> None: ...
    """,
    "another reply than declared": """
        @on("order.place", reply=Receipt)
        async def place(self, data: Order) -> Order: ...
    """,
    "no annotation": """
        @on("order.place")
        async def place(self, data): ...
    """,
    "`schema=` without a parameter": """
        @on("order.place", schema=Order)
        async def place(self) -> None: ...
    """,
    "a second payload": """
        @on("order.place")
        async def place(self, data: Order, other: Order) -> None: ...
    """,
    "a plain `def`": """
        @on("order.place")
        def place(self, data: Order) -> None: ...
    """,
    "an unknown type": """
        @on("order.place")
        async def place(self, data: "Ordr") -> None: ...
    """,
    "another encoding": """
        encoding = "text"
    """,
}

PREAMBLE = """
from pydantic import BaseModel
from nexws import EventConsumer, emits, on
class Order(BaseModel): ...
class Receipt(BaseModel): ...
class Shop(EventConsumer):
"""


def documented_mistakes() -> dict[str, str]:
    table = page("events.md").partition("| Mistake | Error |\n")[2].partition("\n\n")[0]
    rows = [re.fullmatch(r"\| (.+) \| `(.+)` \|", line) for line in table.splitlines()[1:]]
    return {row[1]: row[2] for row in rows if row is not None}


def test_every_documented_mistake_is_made_here() -> None:
    assert documented_mistakes().keys() == MISTAKES.keys()


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_has_the_documented_text(mistake: str) -> None:
    """The text is the one in the table, but for the file and line behind the method's name."""
    with pytest.raises(SetupError) as error:
        exec(PREAMBLE + MISTAKES[mistake], {"__name__": "shop"})
    assert re.sub(r" \([^()]*:\d+\)", "", str(error.value)) == documented_mistakes()[mistake]


# -- tables and lists


def test_every_public_name_is_in_the_reference() -> None:
    shown = re.findall(r"^::: nexws\.(.+)$", page("reference.md"), re.MULTILINE)
    names = [each.rpartition(".")[2] for each in shown if not each.startswith("testing.")]
    assert sorted(names) == sorted(nexws.__all__)
    testing = [each.removeprefix("testing.") for each in shown if each.startswith("testing.")]
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


def navigation() -> list[str]:
    config = yaml.safe_load((ROOT / "mkdocs.yml").read_text())
    return [path for entry in config["nav"] for path in entry.values()]


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
