"""Applications that take anything."""

from __future__ import annotations

import pytest
from nexios import NexiosApp

from nexws import Limits, Nexws
from tests.bad_input.sink import Sink


@pytest.fixture(scope="module")
def app() -> NexiosApp:
    app = NexiosApp()
    app.add_ws_route(Sink.as_route("/ws"))
    return app


@pytest.fixture(scope="module")
def wide_app() -> NexiosApp:
    """Takes frames of one MiB."""
    app = NexiosApp()
    Nexws(app, limits=Limits(frame_bytes=1024 * 1024))
    app.add_ws_route(Sink.as_route("/ws"))
    return app
