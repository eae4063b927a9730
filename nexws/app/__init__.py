"""What is configured for a whole application: its settings, its document, its docs page, and how it is served."""

from __future__ import annotations

from nexws.app.application import Nexws
from nexws.app.documents import build_asyncapi
from nexws.app.outside import ConnectionInfo
from nexws.app.serving import serve

__all__ = ["ConnectionInfo", "Nexws", "build_asyncapi", "serve"]
