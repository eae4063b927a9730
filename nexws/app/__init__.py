"""What is configured for a whole application: its settings, its document, its docs page."""

from __future__ import annotations

from nexws.app.application import Nexws
from nexws.app.documents import build_asyncapi

__all__ = ["Nexws", "build_asyncapi"]
