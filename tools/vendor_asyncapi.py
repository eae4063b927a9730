"""Vendor the official JSON Schemas of AsyncAPI, without what is only there to be read.

``python tools/vendor_asyncapi.py node_modules/@asyncapi/specs`` writes ``nexws/asyncapi/_spec/*.json.gz``, the same
bytes each time. Descriptions, titles, examples and dialects (all are draft-07) are dropped; whatever decides about a
document stays.
"""

from __future__ import annotations

import gzip
import json
import shutil
import sys
from pathlib import Path
from typing import Any

VERSIONS = ("3.0.0", "3.1.0")
TARGET = Path(__file__).parents[1] / "nexws" / "asyncapi" / "_spec"

_PROSE = {"$comment", "$schema", "description", "example", "examples", "title"}
_NAMES = {"definitions", "dependencies", "patternProperties", "properties"}
"""Keywords whose object has names for keys, which may well be called ``title``."""


def without_prose(node: Any, *, names: bool = False) -> Any:
    """Return a copy of a schema that accepts the same documents; *names*: the keys of *node* are no keywords."""
    if isinstance(node, list):
        return [without_prose(each) for each in node]
    if not isinstance(node, dict):
        return node
    return {
        key: without_prose(value, names=not names and key in _NAMES)
        for key, value in node.items()
        if names or key not in _PROSE
    }


def main(package: Path) -> None:
    """Write the schemas and the licence of the unpacked npm *package*."""
    for version in VERSIONS:
        schema = json.loads((package / "schemas" / f"{version}-without-$id.json").read_bytes())
        text = json.dumps(without_prose(schema), separators=(",", ":"), sort_keys=True)
        (TARGET / f"{version}.json.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    for name in ("LICENSE", "NOTICE"):
        shutil.copyfile(package / name, TARGET / name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
