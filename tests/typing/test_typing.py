"""The type checkers see what the declarations mean."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WRONG = Path(__file__).parent / "wrong"
PROGRAMS = sorted(WRONG.glob("*.py"))


def marked(program: Path) -> set[int]:
    """List the lines that a checker must flag."""
    return {number for number, line in enumerate(program.read_text().splitlines(), 1) if "# wrong:" in line}


def mypy() -> dict[str, set[int]]:
    """List the lines that mypy flags, by program."""
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--no-error-summary",
        "--hide-error-context",
        str(WRONG),
    ]
    config = ["--config-file", "/dev/null", "--cache-dir", str(ROOT / ".mypy_cache")]
    run = subprocess.run([*command, *config], capture_output=True, text=True, cwd=ROOT, check=False)
    flagged: dict[str, set[int]] = {}
    for name, line in re.findall(r"(\w+\.py):(\d+): error:", run.stdout):
        flagged.setdefault(name, set()).add(int(line))
    return flagged


def pyright() -> dict[str, set[int]]:
    """List the lines that pyright flags, by program."""
    binary = ROOT / "node_modules/.bin/pyright"
    command = [str(binary), "--outputjson", "-p", str(WRONG), "--pythonpath", sys.executable]
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    flagged: dict[str, set[int]] = {}
    for found in json.loads(run.stdout)["generalDiagnostics"]:
        if found["severity"] == "error":
            flagged.setdefault(Path(found["file"]).name, set()).add(found["range"]["start"]["line"] + 1)
    return flagged


@pytest.mark.timeout(120)
@pytest.mark.parametrize("checker", [mypy, pyright])
def test_each_wrong_line_is_flagged_and_no_other(checker: object) -> None:
    """A handler or a push that contradicts its declaration is an error, at its line."""
    assert callable(checker)
    flagged = checker()
    assert flagged == {program.name: marked(program) for program in PROGRAMS}
