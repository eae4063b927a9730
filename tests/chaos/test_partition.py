"""The partition run in its short form."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos.network import why_not

ROOT = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.server,
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="a network of its own needs root"),
]


def test_a_node_that_is_cut_off_notices_and_mends_what_it_missed(broker_server: Path) -> None:
    """Its store is silent for six seconds, and nothing says why; limits are wide, for the machine may be busy."""
    assert not why_not()
    command = [sys.executable, str(ROOT / "tests/soak/partition.py"), "--seconds", "6", "--patience", "3"]
    done = subprocess.run(
        command,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=55,
    )
    assert done.returncode == 0, done.stdout + done.stderr
