"""The docs page, and the live console in it: static files and the HTML that loads them."""

from __future__ import annotations

from nexws.docs_ui.assets import Asset, find_asset
from nexws.docs_ui.page import CONTENT_SECURITY_POLICY, render_page

__all__ = ["CONTENT_SECURITY_POLICY", "Asset", "find_asset", "render_page"]
