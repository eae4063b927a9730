"""The command line: in this process where it ends by itself, as a process where it serves."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import zipfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import anyio
import httpx
import pytest
from anyio.abc import Process
from click.testing import CliRunner, Result
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from nexws.cli.commands import nexws

ROOT = Path(__file__).parents[1]
PATIENCE = 20.0


def run(*arguments: str) -> Result:
    return CliRunner().invoke(nexws, arguments)


@dataclass
class Demo:
    """A ``nexws demo`` that listens, and its first line."""

    process: Process
    line: str = ""

    @property
    def url(self) -> str:
        return next(word for word in self.line.split() if word.startswith("http://"))

    async def next_line(self) -> str:
        assert self.process.stdout is not None
        written = b""
        while not written.endswith(b"\n"):
            written += await self.process.stdout.receive()
        return written.decode()

    async def interrupt(self) -> tuple[int, str]:
        """Press Ctrl-C; gives the exit code, and whatever had been written and not read."""
        self.process.send_signal(signal.SIGINT)
        assert self.process.stdout is not None
        rest = b"".join([part async for part in self.process.stdout])
        return await self.process.wait(), rest.decode()


@asynccontextmanager
async def demo(
    *arguments: str, cwd: Path | None = None, env: dict[str, str] | None = None
) -> AsyncGenerator[Demo]:
    """Start the demo on a free port, both of its streams in one; it ends with the block at the latest."""
    command = [sys.executable, "-m", "nexws", "demo", "--port", "0", *arguments]
    environment = {**os.environ, **(env or {})}
    with anyio.fail_after(PATIENCE):
        async with await anyio.open_process(
            command, cwd=cwd, env=environment, stderr=subprocess.STDOUT
        ) as process:
            demo = Demo(process)
            try:
                demo.line = await demo.next_line()
                yield demo
            finally:
                if process.returncode is None:
                    process.kill()


def install(folder: Path) -> Path:
    """Build the wheel, and unpack it."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=PATIENCE)
    [wheel] = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "installed")
    return folder / "installed"


def test_the_version_is_the_packages() -> None:
    assert run("--version").output == f"nexws {version('nexws')}\n"


def test_the_help_lists_the_commands() -> None:
    result = run("--help")
    assert result.exit_code == 0
    commands = dict(line.split(maxsplit=1) for line in result.output.partition("Commands:\n")[2].splitlines())
    assert commands == {
        "asyncapi": "Work with AsyncAPI documents.",
        "demo": "Serve the chat example until Ctrl-C.",
        "serve": "Serve an application until Ctrl-C or SIGTERM.",
    }


def test_a_commands_help_tells_its_options() -> None:
    result = run("demo", "-h")
    assert result.exit_code == 0
    for option in ("--host", "--port", "--open / --no-open"):
        assert option in result.output


def test_a_taken_port_is_one_sentence_that_says_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("demo", "--port", str(port))
    assert result.exit_code == 1
    assert result.output == (
        f"Error: port {port} of 127.0.0.1 is taken; "
        "stop what uses it, or choose another port (0 takes a free one)\n"
    )


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_that_cannot_be_had_is_one_sentence(host: str) -> None:
    result = run("demo", "--host", host, "--port", "0")
    assert result.exit_code == 1
    assert result.output.startswith(f"Error: cannot listen on {host}: ")
    assert result.output.count("\n") == 1


def test_a_port_out_of_range_is_refused() -> None:
    result = run("demo", "--port", "65536")
    assert result.exit_code == 2
    assert "65536 is not in the range" in result.output


@pytest.mark.parametrize("missing", ["click", "uvicorn", "websockets"])
def test_a_missing_package_is_one_sentence_that_says_what_to_install(missing: str) -> None:
    program = f"import sys; sys.modules[{missing!r}] = None; from nexws.cli import main; main()"
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == f'nexws: {missing} is not installed; run: pip install "nexws[cli,server]"\n'


@pytest.mark.parametrize(
    "command", [[sys.executable, "-m", "nexws"], [Path(sys.executable).parent / "nexws"]]
)
def test_it_runs_as_a_module_and_as_a_script(command: list[str | Path]) -> None:
    result = subprocess.run(
        [*command, "--version"], capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    assert result.stdout.endswith(f" {version('nexws')}\n")


def test_the_library_does_without_the_command_line() -> None:
    program = "import sys, nexws; print(*({'click', 'uvicorn', 'nexws.cli'} & set(sys.modules)))"
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    assert result.stdout == "\n"


@pytest.mark.server
async def test_the_demo_serves_the_chat_until_it_is_interrupted() -> None:
    """It says where in one line, and nothing more; Ctrl-C is the way to end it, so no failure."""
    async with demo() as chat:
        assert chat.line == f"The chat is at {chat.url} (Ctrl-C ends it)\n"
        assert chat.url.startswith("http://127.0.0.1:")
        async with httpx.AsyncClient() as client:
            assert "<title>nexws chat</title>" in (await client.get(chat.url)).text
        assert await chat.interrupt() == (0, "")


@pytest.mark.server
async def test_clients_are_told_that_the_server_goes() -> None:
    async with demo() as chat, connect(chat.url.replace("http", "ws") + "/chat") as client:
        await client.send('{"event":"chat.enter","data":{"name":"ann","group":"lobby"}}')
        await client.recv()
        assert await chat.interrupt() == (0, "")
        assert '"nexws.closing"' in str(await client.recv())
        with pytest.raises(ConnectionClosed):
            await client.recv()
        assert client.close_code == 4001


@pytest.mark.server
async def test_the_server_takes_frames_up_to_the_limit_and_does_not_deflate() -> None:
    async with demo() as chat, connect(chat.url.replace("http", "ws") + "/chat") as client:
        assert client.response is not None
        assert "Sec-WebSocket-Extensions" not in client.response.headers
        await client.send("x" * 65536)
        assert '"bad_frame"' in str(await client.recv())
        await client.send("x" * 65537)
        with pytest.raises(ConnectionClosed):
            await client.recv()
        assert client.close_code == 1009


@pytest.mark.server
async def test_the_demo_listens_on_other_addresses_when_told_to() -> None:
    async with demo("--host", "localhost") as chat:
        assert chat.url.startswith("http://127.0.0.1:")


@pytest.mark.server
async def test_the_page_is_opened_when_asked_for(tmp_path: Path) -> None:
    """In the browser that the environment names, as Python's webbrowser does."""
    program = tmp_path / "browser"
    program.write_text('#!/bin/sh\necho "opened $1"\n')
    program.chmod(0o755)
    async with demo("--open", env={"BROWSER": str(program)}) as chat:
        assert await chat.next_line() == f"opened {chat.url}\n"
        assert await chat.interrupt() == (0, "")


@pytest.mark.server
async def test_the_wheel_brings_the_example_along(tmp_path: Path) -> None:
    """Installed, the demo runs without the repository."""
    installed = install(tmp_path)
    assert not (installed / "examples").exists()
    marked = b"<title>from the wheel</title>"
    (installed / "nexws" / "_examples" / "chat" / "page" / "index.html").write_bytes(marked)
    async with demo(cwd=tmp_path, env={"PYTHONPATH": str(installed)}) as chat:
        async with httpx.AsyncClient() as client:
            assert (await client.get(chat.url)).content == marked
            assert (await client.get(f"{chat.url}/chat.js")).status_code == 200
        assert await chat.interrupt() == (0, "")


@pytest.mark.server
async def test_ctrl_c_is_heard_while_the_server_is_still_starting() -> None:
    """Right behind the line that names the address, uvicorn does not listen to signals yet."""

    async def press_at_once() -> None:
        async with demo() as chat:
            assert await chat.interrupt() == (0, "")

    async with anyio.create_task_group() as tasks:
        for _ in range(8):
            tasks.start_soon(press_at_once)
