"""What is configured for a whole application: its settings, its document, its docs page."""

from __future__ import annotations

from nexws.app.application import Nexws
from nexws.app.documents import build_asyncapi
from nexws.app.outside import ConnectionInfo

__all__ = ["ConnectionInfo", "Nexws", "build_asyncapi"]
