"""A server with the page, a browser, and visits to the page that are kept from everybody else."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import AsyncGenerator
from urllib.parse import urlsplit

import anyio
import pytest
from playwright.async_api import Browser, async_playwright

from tests.docs_ui.visit import PATIENCE, Visit
from tests.recording import check

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")  # as tools/browser.sh has it
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
)
SERVER = ("-m", "uvicorn", "tests.docs_ui.console_app:app", "--port", "0", "--no-access-log")


def chromium() -> str:
    """Find the program, or do without these tests: on a developer's machine, not in CI."""
    wanted = os.environ.get("NEXWS_CHROMIUM")
    found = next(filter(None, map(shutil.which, (wanted,) if wanted else CHROMIUM)), None)
    if found is None:
        give_up = pytest.fail if os.environ.get("CI") else pytest.skip
        give_up("no Chromium: install it, or set NEXWS_CHROMIUM to the path of its program")
    return found


@pytest.fixture(scope="package")
async def browser() -> AsyncGenerator[Browser]:
    executable = chromium()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture(scope="package")
async def url() -> AsyncGenerator[str]:
    """Serve ``console_app``; gives its address."""
    async with await anyio.open_process([sys.executable, *SERVER], stdout=None) as process:
        assert process.stderr is not None
        said = b""
        with anyio.fail_after(PATIENCE):
            while (found := re.search(rb"running on (http://[\d.]+:\d+)", said)) is None:
                said += await process.stderr.receive()
        yield found[1].decode()
        process.terminate()


@pytest.fixture
async def visit(browser: Browser, url: str, request: pytest.FixtureRequest) -> AsyncGenerator[Visit]:
    """Give a window; the test fails if it has asked anybody but the server, or left the contract."""
    context = await browser.new_context(viewport={"width": 1440, "height": 900})
    visit = Visit(await context.new_page(), url)
    await context.route(lambda asked: urlsplit(asked).netloc != urlsplit(url).netloc, visit.refuse)
    yield visit
    await context.close()
    assert visit.refused == []
    assert {urlsplit(socket).netloc for socket in visit.sockets} <= {urlsplit(url).netloc}
    check(visit.recordings, request.node.iter_markers("outside_contract"))
