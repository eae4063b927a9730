"""The servers, each started once."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from tests.servers.harness import SERVERS, Server


@pytest.fixture(scope="session", params=SERVERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Give each server in turn, ready to be asked."""
    server = Server(request.param, tmp_path_factory.mktemp("servers"))
    try:
        server.wait_until_ready()
        yield server
    finally:
        server.stop()


@pytest.fixture
def name() -> str:
    """Give a name that no other client has."""
    return uuid.uuid4().hex


@pytest.fixture
def quiet(server: Server) -> Iterator[None]:
    """Fail if the server writes a traceback while the test runs."""
    before = len(server.log())
    yield
    assert "Traceback" not in server.whole_log()[before:]
