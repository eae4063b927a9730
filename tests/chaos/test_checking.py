"""What the chaos run calls lost, twice and reordered."""

from __future__ import annotations

import pytest

from tests.chaos.checking import GAP, Findings, Seen, check


@pytest.mark.parametrize(
    ("seen", "lost", "twice", "reordered", "told"),
    [
        ([1, 2, 3, 4], 0, 0, 0, 0),
        ([1, 2, 4], 1, 0, 0, 0),
        ([2, 3, 4], 1, 0, 0, 0),
        ([1, 2], 2, 0, 0, 0),
        ([], 4, 0, 0, 0),
        ([1, GAP, 4], 0, 0, 0, 2),
        ([1, GAP], 0, 0, 0, 3),
        ([1, GAP, 2, 4], 1, 0, 0, 0),
        ([1, 2, 2, 3, 4], 0, 1, 0, 0),
        ([1, 2, GAP, 2, 3, 4], 0, 0, 0, 0),
        ([1, 2, GAP, 1, 3, 4], 0, 1, 0, 0),
        ([1, 3, 2, 4], 1, 0, 1, 0),
    ],
)
def test_what_is_wrong_is_counted(seen: list[Seen], lost: int, twice: int, reordered: int, told: int) -> None:
    """Of four publications; the end counts too."""
    findings = Findings()
    check(seen, 4, findings)
    assert (findings.lost, findings.twice, findings.reordered, findings.told) == (
        lost,
        twice,
        reordered,
        told,
    )
    assert findings.is_well == (lost + twice + reordered == 0)
    assert findings.gaps == seen.count(GAP)
    assert findings.delivered == len(set(seen) - {GAP})
