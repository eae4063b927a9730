"""``nexws serve`` and ``nexws.serve``: what they say, what they set, and what they refuse."""

from __future__ import annotations

import pickle
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner, Result
from nexios import NexiosApp

import nexws
from nexws import AddressError, EventConsumer, Limits, Nexws, SetupError
from nexws.app.hosting import Config, listen
from nexws.cli.commands import nexws as command
from nexws.layers import ChannelLayer, MemoryLayer
from nexws.layers.redis import RedisLayer

PATIENCE = 20.0
APP = "tests.servers.apps:app"
PROGRAM = """
from contextlib import asynccontextmanager
from nexios import NexiosApp
import nexws

@asynccontextmanager
async def fail(app):
    raise RuntimeError("no database")
    yield

nexws.serve(NexiosApp(title="Shop", lifespan={lifespan}), port=0)
"""


class Orders(EventConsumer): ...


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> NexiosApp:
    """Give an application without consumers, whose name is ``shop:app``."""
    module = ModuleType("shop")
    app = module.app = NexiosApp()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "shop", module)
    monkeypatch.setattr(sys, "path", sys.path[:])
    return app


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, ["serve", *arguments])


def test_the_help_tells_the_settings() -> None:
    text = run("--help").output
    options = (
        "--host",
        "--port",
        "--workers",
        "--drain",
        "--log-level",
        "--proxy-headers",
        "--forwarded-allow-ips",
    )
    for option in options:
        assert option in text
    assert "Limits.drain_timeout" in text
    assert "a second signal closes the rest at once" in re.sub(r"\s+", " ", text)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("shop", "'shop' names no application; write it like shop.main:app"),
        ("tests.servers.apps:shop", "'tests.servers.apps' has no 'shop'"),
        ("tests.servers.apps:Chat", "tests.servers.apps:Chat is a type, not a NexiosApp"),
    ],
)
def test_what_is_no_application_is_one_sentence(name: str, error: str) -> None:
    result = run(name)
    assert (result.exit_code, result.output) == (1, f"Error: {error}\n")
    with pytest.raises(SetupError, match=re.escape(error)):
        nexws.serve(name)


def test_a_module_that_is_not_there_is_one_sentence() -> None:
    result = run("no_such_shop:app", "--workers", "2")
    assert result.exit_code == 1
    assert result.output.startswith(
        "Error: cannot import 'no_such_shop': there is no module 'no_such_shop' (looked in "
    )


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_taken_port_is_one_sentence_that_says_what_to_do(workers: str, shop: NexiosApp) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("shop:app", "--port", str(port), "--workers", workers)
        with pytest.raises(AddressError) as raised:
            nexws.serve("shop:app", port=port)
    assert (raised.value.host, raised.value.port, raised.value.reason) == ("127.0.0.1", port, None)
    assert (result.exit_code, result.output) == (1, f"Error: {raised.value}\n")


def test_several_workers_need_a_layer_that_spans_them(shop: NexiosApp) -> None:
    """Or clients would miss what is said in other processes, and nobody would know."""
    shop.add_ws_route(Orders.as_route("/orders"))
    result = run("shop:app", "--workers", "2")
    assert result.exit_code == 1
    assert result.output.startswith("Error: 2 workers would each have groups and users of their own, for")
    assert "; write Nexws(app, layer=RedisLayer(url)), or" in result.output


@pytest.mark.parametrize("layer", [RedisLayer("redis://127.0.0.1:1"), MemoryLayer()])
def test_a_layer_that_was_chosen_is_enough(shop: NexiosApp, layer: ChannelLayer) -> None:
    """The port is asked for next."""
    shop.add_ws_route(Orders.as_route("/orders"))
    Nexws(shop, layer=layer)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert (
            f"port {port} of 127.0.0.1 is taken"
            in run("shop:app", "--port", f"{port}", "--workers", "2").output
        )


def test_several_workers_need_a_name() -> None:
    """Each of them imports the application."""
    with pytest.raises(
        SetupError, match=r'2 workers need the application.s name.*nexws.serve\("shop.main:app"'
    ):
        nexws.serve(NexiosApp(), workers=2)


@pytest.mark.parametrize("missing", ["uvicorn", "websockets"])
def test_a_missing_package_is_one_sentence_that_says_what_to_install(missing: str) -> None:
    program = f"import sys, nexws; sys.modules[{missing!r}] = None; nexws.serve({APP!r})"
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    last = result.stderr.splitlines()[-1]
    assert last.endswith(f'SetupError: {missing} is not installed; run: pip install "nexws[server]"')


def test_a_server_is_set_for_long_connections() -> None:
    """Its frames are those of the application's limits; a worker's copy of the settings has them too."""
    app = NexiosApp()
    limits = Limits(frame_bytes=1000, disconnect_timeout=2.5)
    Nexws(app, limits=limits)
    config: Config = pickle.loads(pickle.dumps(Config(APP, limits=limits, drain=3.0, workers=2)))
    assert (config.ws_max_size, config.ws_per_message_deflate) == (1000, False)
    assert (config.ws_ping_interval, config.ws_ping_timeout) == (20.0, 20.0)
    assert (config.ws, config.backlog, config.timeout_graceful_shutdown) == ("websockets-sansio", 2048, 3)
    assert (config.drain, config.workers) == (3.0, 2)


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="this system has no TCP_USER_TIMEOUT")
def test_the_system_gives_up_the_socket_of_a_client_that_does_not_read() -> None:
    with listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 30_000


def start(folder: Path, lifespan: str = "None") -> subprocess.Popen[str]:
    (folder / "shop.py").write_text(PROGRAM.format(lifespan=lifespan))
    return subprocess.Popen(
        [sys.executable, "shop.py"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.server
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_program_serves_itself_until_it_is_told_to_end(tmp_path: Path, number: signal.Signals) -> None:
    """It says where in one line, and ending it is no failure; a signal right behind that line is heard."""
    with start(tmp_path) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        process.send_signal(number)
        output, errors = process.communicate(timeout=PATIENCE)
    assert re.fullmatch(r"Shop is at http://127\.0\.0\.1:\d+ \(Ctrl-C ends it, twice at once\)\n", line)
    assert (process.returncode, output, errors) == (0, "", "")


@pytest.mark.server
def test_an_application_that_does_not_start_is_a_failure(tmp_path: Path) -> None:
    with start(tmp_path, "fail") as process:
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 3
    assert "no database" in errors
