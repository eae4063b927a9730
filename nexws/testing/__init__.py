"""For tests of your own: a client that speaks ASGI to an application in this process."""

from __future__ import annotations

from nexws.testing.client import Connection, connect

__all__ = ["Connection", "connect"]
