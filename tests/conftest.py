"""What all tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

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
