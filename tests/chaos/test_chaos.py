"""The chaos run in its short form: it finds nothing, and finds what is planted."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.server

ROOT = Path(__file__).parents[2]


PLANTED = ("drop", "no-repair", "ignore-position")


def begin(*options: str) -> subprocess.Popen[str]:
    """Begin a run."""
    return subprocess.Popen(
        [sys.executable, str(ROOT / "tests/soak/chaos.py"), "--short", *options],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def end(run: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for the end of a run; gives its exit status, and what it has printed."""
    printed, _ = run.communicate(timeout=55)
    return run.returncode, printed


@pytest.fixture(scope="module")
def planted(broker_server: Path) -> Iterator[dict[str, subprocess.Popen[str]]]:
    """Give a run for each fault, all of which go on at the same time: most of it they wait."""
    runs = {plant: begin("--plant", plant) for plant in PLANTED}
    yield runs
    for run in runs.values():
        if run.poll() is None:
            run.terminate()
        run.communicate(timeout=20)


def test_a_node_that_is_killed_loses_nothing(broker_server: Path) -> None:
    """Nothing is lost, twice or out of order."""
    status, printed = end(begin())
    assert "lost 0, twice 0, reordered 0" in printed, printed
    assert status == 0, printed


@pytest.mark.parametrize("plant", PLANTED)
def test_a_planted_fault_is_found(planted: dict[str, subprocess.Popen[str]], plant: str) -> None:
    """Something is lost, and the run says so."""
    status, printed = end(planted[plant])
    assert status == 1, printed
    assert "seed 1: " in printed, printed
    assert "something is wrong" in printed, printed
