"""What a new document changes for the clients of an old one."""

from __future__ import annotations

from nexws.asyncapi.diff.changes import Change, Verdict, has_breaking
from nexws.asyncapi.diff.document import DocumentError, diff
from nexws.asyncapi.diff.report import as_json, as_markdown, as_text

__all__ = [
    "Change",
    "DocumentError",
    "Verdict",
    "as_json",
    "as_markdown",
    "as_text",
    "diff",
    "has_breaking",
]
