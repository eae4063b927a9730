"""The chaos run in its short form: it finds nothing, and finds what is planted."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.server

ROOT = Path(__file__).parents[2]


def run(*options: str) -> tuple[int, str]:
    """Run it; gives its exit status, and what it has printed."""
    command = [sys.executable, str(ROOT / "tests/soak/chaos.py"), "--short", *options]
    done = subprocess.run(
        command,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=55,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_node_that_is_killed_loses_nothing(broker_server: Path) -> None:
    """Nothing is lost, twice or out of order."""
    status, printed = run()
    assert "lost 0, twice 0, reordered 0" in printed, printed
    assert status == 0, printed


@pytest.mark.parametrize("plant", ["drop", "no-repair", "ignore-position"])
def test_a_planted_fault_is_found(broker_server: Path, plant: str) -> None:
    """Something is lost, and the run says so."""
    status, printed = run("--plant", plant)
    assert status == 1, printed
    assert "seed 1: " in printed, printed
    assert "something is wrong" in printed, printed
