"""Each defect of Nexios' consumer is a test that fails with Nexios' class and passes with nexws'.

A test marked ``@pytest.mark.defect("ch03", nexios="...")`` runs twice, on a server for each of the two classes. On
nexws it has to pass. On Nexios it has to fail, and the failure's text has to match ``nexios``: so each test shows
that it can see what it is about. A test without the mark runs on nexws only.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Generator
from typing import Any

import anyio
import pytest
from nexios.websockets import ChannelBox, InMemoryHistoryManager

from tests.defects.driver import Server


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark."""
    config.addinivalue_line(
        "markers", "defect(*ids, nexios): fails with Nexios' class, and how its text reads"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run tests about a defect on both classes."""
    if "server" in metafunc.fixturenames:
        marked = metafunc.definition.get_closest_marker("defect") is not None
        metafunc.parametrize("server", ["nexws", "nexios"] if marked else ["nexws"], indirect=True)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """See to it that a test on Nexios' class fails as its mark says."""
    mark = pyfuncitem.get_closest_marker("defect")
    if mark is None or pyfuncitem.callspec.params["server"] != "nexios":
        return (yield)
    try:
        yield
    except (Exception, pytest.fail.Exception) as error:
        text = f"{type(error).__name__}: {error}"
        assert re.search(mark.kwargs["nexios"], text), f"fails with Nexios in another way: {text}"
        return True
    pytest.fail("passes with Nexios: either its defect is gone, or this test does not see it")


@pytest.fixture
async def server(request: pytest.FixtureRequest) -> AsyncIterator[Server]:
    """Serve consumers on the class that the test is to run on."""
    _forget_channels()
    async with anyio.create_task_group() as tasks:
        server = Server(tasks, is_nexws=request.param == "nexws")
        yield server
        await server.stop()
        tasks.cancel_scope.cancel()
    _forget_channels()


def _forget_channels() -> None:
    """Nexios' groups and histories belong to the process."""
    box: Any = ChannelBox
    box.CHANNEL_GROUPS = {}
    box.HISTORY_MANAGER = InMemoryHistoryManager()
