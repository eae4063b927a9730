"""What all tests share."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.brokers import Broker, find_server
from tests.recording import Recording, RecordingServer, check


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Nexios and its servers run on asyncio."""
    return "asyncio"


@pytest.fixture(autouse=True)
def recordings(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Recording]]:
    """Write down what crosses the connections of a test, and see that all of it is in the document."""
    recordings: list[Recording] = []
    here = type("RecordingServer", (RecordingServer,), {"recordings": recordings})
    monkeypatch.setattr("nexws.testing.client.Server", here)
    yield recordings
    check(recordings, request.node.iter_markers("outside_contract"))


@pytest.fixture(scope="session")
def broker_server() -> Path:
    """Find the program of a Redis or Valkey server; tests without one are skipped, but not where all must run."""
    found = find_server()
    if found is None:
        assert "CI" not in os.environ, "no Redis or Valkey server; see tests/brokers.py"
        pytest.skip("no Redis or Valkey server found: install one, or name it in NEXWS_REDIS_BIN")
    return found


@pytest.fixture(scope="session")
def broker(broker_server: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """Give a server that all tests share: none may break it, and each takes a ``prefix`` of its own."""
    with Broker(broker_server, tmp_path_factory.mktemp("broker")) as broker:
        yield broker


@pytest.fixture
def own_broker(broker_server: Path, tmp_path: Path) -> Iterator[Broker]:
    """Give a server that the test may break; it keeps what it acknowledges when it is killed."""
    folder = tmp_path / "broker"
    folder.mkdir()
    with Broker(broker_server, folder, aof="always") as broker:
        yield broker


@pytest.fixture
def prefix() -> str:
    """Give a prefix that no other test has for its keys."""
    return f"test-{secrets.token_hex(6)}"
