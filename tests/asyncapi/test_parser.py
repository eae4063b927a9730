"""What AsyncAPI's own parser says of the documents."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from nexws import build_asyncapi
from tests.asyncapi.applications import NAMES, application, documented

ROOT = Path(__file__).parents[2]


def put(documents: Any) -> subprocess.CompletedProcess[str]:
    """Put documents to the parser; needs node, and what package.json asks for."""
    node = shutil.which("node")
    if node is None or not (ROOT / "node_modules" / "@asyncapi" / "parser").is_dir():
        give_up = pytest.fail if os.environ.get("CI") else pytest.skip
        give_up("no node, or no parser: make install")
    command = [node, "tools/validate_asyncapi.mjs"]
    return subprocess.run(
        command, cwd=ROOT, input=json.dumps(documents), capture_output=True, text=True, check=False
    )


@pytest.mark.timeout(240)  # each document takes the parser most of a second, the torture several
def test_the_official_parser_finds_nothing() -> None:
    other = application("torture")
    documents = {name: documented(name) for name in NAMES}
    documents["torture of a client"] = build_asyncapi(other, view="client", spec="3.0.0")
    run = put([*documents.values()])
    assert run.returncode == 0, run.stdout + run.stderr
    assert dict(zip(documents, json.loads(run.stdout), strict=True)) == {name: [] for name in documents}


def test_the_official_parser_is_really_asked() -> None:
    wrong = {**documented("chat"), "asyncapi": "3.1.0", "channels": {"Chat": {"address": 1}}}
    run = put(wrong)
    assert run.returncode == 1
    assert {each["severity"] for each in json.loads(run.stdout)[0]} == {"error"}


def test_the_parser_is_given_nothing_that_it_would_fetch() -> None:
    run = put({**documented("chat"), "x-other": [{"$ref": "http://a.example/b.json"}]})
    assert run.returncode == 2
    assert "http://a.example/b.json" in run.stderr
