"""The type checkers see what the declarations mean."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
WRONG = sorted((HERE / "wrong").glob("*.py"))
RIGHT = sorted((HERE / "right").glob("*.py"))
PYRIGHT = str(ROOT / "node_modules/.bin/pyright")


def program_of(path: Path) -> str:
    """Name a program: ``wrong/streams.py``."""
    return f"{path.parent.name}/{path.name}"


def marked(program: Path) -> set[int]:
    """List the lines that a checker must flag."""
    return {number for number, line in enumerate(program.read_text().splitlines(), 1) if "# wrong:" in line}


COMMANDS = {
    "mypy": [
        *(sys.executable, "-m", "mypy", "--strict", "--python-version", "3.10"),
        *("--explicit-package-bases", "--no-error-summary", "--hide-error-context"),
        *("--config-file", os.devnull, "--cache-dir", str(ROOT / ".mypy_cache/typing")),
        *(str(HERE / "wrong"), str(HERE / "right")),
    ],
    "pyright": [PYRIGHT, "--outputjson", "-p", str(HERE / "wrong"), "--pythonpath", sys.executable],
    # "--pythonpath" is not for this command: it asks the Python that it finds first.
    "verifytypes": [PYRIGHT, "--verifytypes", "nexws", "--ignoreexternal", "--outputjson"],
}


@pytest.fixture(scope="module")
def printed() -> Iterator[dict[str, Future[str]]]:
    """Give what the checkers print, which run at the same time: they take long."""

    def run(command: list[str]) -> str:
        here = Path(sys.executable).parent
        environment = {**os.environ, "PATH": f"{here}{os.pathsep}{os.environ['PATH']}"}
        return subprocess.run(
            command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False, timeout=240
        ).stdout

    with ThreadPoolExecutor() as pool:
        yield {name: pool.submit(run, command) for name, command in COMMANDS.items()}


def mypy(printed: str) -> dict[str, set[int]]:
    """List the lines that mypy flags, by program."""
    flagged: dict[str, set[int]] = {}
    for path, line in re.findall(r"^(.+?):(\d+): error:", printed, re.MULTILINE):
        flagged.setdefault(program_of(Path(path)), set()).add(int(line))
    return flagged


def pyright(printed: str) -> dict[str, set[int]]:
    """List the lines that pyright flags, by program."""
    flagged: dict[str, set[int]] = {}
    for found in json.loads(printed)["generalDiagnostics"]:
        if found["severity"] == "error":
            program = program_of(Path(found["file"]))
            flagged.setdefault(program, set()).add(found["range"]["start"]["line"] + 1)
    return flagged


@pytest.mark.timeout(240)
@pytest.mark.parametrize("checker", [mypy, pyright])
def test_each_wrong_line_is_flagged_and_no_other(
    printed: dict[str, Future[str]], checker: Callable[[str], dict[str, set[int]]]
) -> None:
    """A handler or a push that contradicts its declaration is an error, at its line; right programs have none."""
    flagged = checker(printed[checker.__name__].result())
    wanted = {program_of(program): marked(program) for program in WRONG}
    missed = {name: sorted(lines - flagged.get(name, set())) for name, lines in wanted.items()}
    surplus = {name: sorted(lines - wanted.get(name, set())) for name, lines in flagged.items()}
    assert {name: lines for name, lines in missed.items() if lines} == {}
    assert {name: lines for name, lines in surplus.items() if lines} == {}


def test_there_are_many_programs_of_each_kind() -> None:
    """Each wrong one has something to flag, and each right one nothing."""
    assert len(WRONG) >= 25
    assert len(RIGHT) >= 20
    assert all(marked(program) for program in WRONG)
    assert not any(marked(program) for program in RIGHT)


@pytest.mark.parametrize("program", RIGHT, ids=lambda program: program.stem)
async def test_a_right_program_runs(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the checkers let through is also declared well, and does what its types say."""
    name = f"right_{program.stem}"
    spec = importlib.util.spec_from_file_location(name, program)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    await module.run()


@pytest.mark.timeout(240)
def test_all_that_is_public_has_a_type(printed: dict[str, Future[str]]) -> None:
    """None that is unknown, and none that each checker would infer for itself."""
    report: dict[str, Any] = json.loads(printed["verifytypes"].result())["typeCompleteness"]
    lacking = {
        symbol["name"]: [found["message"] for found in symbol["diagnostics"]]
        for symbol in report["symbols"]
        if symbol["isExported"] and not symbol["isTypeKnown"] and symbol["diagnostics"]
    }
    assert lacking == {}
    assert report["exportedSymbolCounts"]["withKnownType"] > 0
    assert report["completenessScore"] == 1
