"""The page's static files, as they are sent to browsers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

__all__ = ["Asset", "find_asset"]

_FOLDER: Final = Path(__file__).parent / "static"
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A static file: what to send for it, and as what."""

    content: bytes
    content_type: str
    encoding: str | None
    """The ``Content-Encoding`` of ``content``: ``gzip`` for what is stored compressed."""
    etag: str


def find_asset(name: str) -> Asset | None:
    """Give the static file *name*, a path below ``static_url`` such as ``console/log.js``; ``None`` if there is none.

    Only files that were there when the first one was asked for are given, so no name leads out of the folder.
    """
    path = _files().get(name)
    return None if path is None else _read(path)


@cache
def _files() -> dict[str, Path]:
    files = {path.relative_to(_FOLDER).as_posix().removesuffix(".gz"): path for path in _FOLDER.rglob("*.*")}
    return {name: path for name, path in files.items() if Path(name).suffix in _TYPES}


@cache
def _read(path: Path) -> Asset:
    content = path.read_bytes()
    compressed = path.suffix == ".gz"
    return Asset(
        content=content,
        content_type=_TYPES[Path(path.name.removesuffix(".gz")).suffix],
        encoding="gzip" if compressed else None,
        etag=f'"{hashlib.sha256(content).hexdigest()[:32]}"',
    )
