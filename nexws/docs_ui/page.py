"""The HTML of the docs page."""

from __future__ import annotations

from html import escape
from typing import Final

__all__ = ["CONTENT_SECURITY_POLICY", "render_page"]

CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'unsafe-eval'",  # the viewer compiles JSON Schemas when it is loaded
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",  # the document, and the console's ws: or wss: to the page's own host
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
"""What the page may do, for the header ``Content-Security-Policy`` of its response alone."""

_PAGE: Final = """\
<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <title>{title}</title>
  <meta name="viewport"
        content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content">
  <meta name="color-scheme" content="light dark">
  <meta name="referrer" content="no-referrer">
  <link rel="icon" href="{static}/icon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="{static}/asyncapi-react/default.min.css">
  <link rel="stylesheet" href="{static}/page.css">
  <link rel="stylesheet" href="{static}/viewer.css">{console_style}
  <script src="{static}/theme.js"></script>
  <script type="module" src="{static}/page.js"></script>
</head>
<body data-document="{document}" data-static="{static}"{console_mark} data-view="reference">
  <header class="top">
    <a class="brand" href="#"><img src="{static}/icon.svg" alt="" width="28" height="28"><span
       id="title">{title}</span></a>{tabs}
    <nav class="links" aria-label="The document">
      <a href="{document}" target="_blank">JSON</a>{yaml}
    </nav>
    <button class="icon" id="theme" type="button" aria-label="Colours" title="Colours"></button>
  </header>
  <main id="reference" aria-busy="true">
    <div class="loading" id="loading" role="status"><span class="unseen">Loading the document</span></div>
    <div class="notice" id="failure" role="alert" hidden></div>
    <div id="viewer"></div>
    <noscript><p class="notice">This page needs JavaScript. The document is there without it:
      <a href="{document}">{document}</a></p></noscript>
  </main>{console}
</body>
</html>
"""

_TABS: Final = """
    <nav class="tabs" aria-label="Views">
      <a href="#" id="to-reference" aria-current="page">Reference</a>
      <a href="#console" id="to-console">Console</a>
    </nav>"""


def render_page(
    *, title: str, document_url: str, static_url: str, console: bool, yaml_url: str | None = None
) -> str:
    """Write the page that shows the AsyncAPI document at *document_url*.

    The page holds nothing of the document: it fetches it. All arguments are text, whatever they hold, never markup.

    Args:
        title: the application's name, for the window and the head of the page.
        document_url: where the document is served as JSON, by the page's own host.
        static_url: where the files that ``find_asset`` knows are served, without a slash at the end.
        console: whether the page has the live console.
        yaml_url: where the document is served as YAML; no link to it without.
    """
    static = escape(static_url.rstrip("/"))
    style = f'\n  <link rel="stylesheet" href="{static}/console.css">'
    yaml = f'\n      <a href="{escape(yaml_url)}" target="_blank">YAML</a>' if yaml_url else ""
    return _PAGE.format(
        title=escape(title),
        document=escape(document_url),
        static=static,
        yaml=yaml,
        tabs=_TABS if console else "",
        console='\n  <main id="console" hidden></main>' if console else "",
        console_mark=" data-console" if console else "",
        console_style=style if console else "",
    )
