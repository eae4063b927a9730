"""What each client has seen, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

__all__ = ["GAP", "Findings", "Seen", "check"]

GAP: Final = "gap"
"""Stands where a client was told that something may be missing."""

Seen: TypeAlias = "int | Literal['gap']"


@dataclass(slots=True)
class Findings:
    """How many deliveries were right, and how many were not."""

    delivered: int = 0
    lost: int = 0
    """Missing, and nobody was told."""
    twice: int = 0
    reordered: int = 0
    told: int = 0
    """Missing, behind a gap that was told."""
    gaps: int = 0
    examples: list[str] = field(default_factory=list[str])

    @property
    def is_well(self) -> bool:
        """Whether nothing is lost, twice or reordered."""
        return not (self.lost or self.twice or self.reordered)

    def __str__(self) -> str:
        return (
            f"{self.delivered} delivered, lost {self.lost}, twice {self.twice}, reordered {self.reordered}"
            f" (told: {self.gaps} gaps, {self.told} missing)"
        )


def check(seen: Sequence[Seen], published: int, findings: Findings, who: str = "") -> None:
    """Compare what one client has seen of one group with 1, 2, ... *published*, and add it to *findings*.

    The last before a gap may come again behind it: who lost what was kept has lost the publisher's key too.
    """
    had = set[int]()
    top, is_told = 0, False
    for each in (*seen, published + 1):
        if each == GAP:
            findings.gaps += 1
            is_told = True
            continue
        if each == top and is_told:
            continue
        if each in had:
            findings.twice += 1
            findings.examples.append(f"{who}: {each} twice")
            continue
        if each < top:
            findings.reordered += 1
            findings.examples.append(f"{who}: {each} behind {top}")
            had.add(each)
            continue
        missing = each - top - 1
        if missing and is_told:
            findings.told += missing
        elif missing:
            findings.lost += missing
            findings.examples.append(f"{who}: {top + 1} to {each - 1} lost")
        had.add(each)
        top, is_told = each, False
    findings.delivered += len(had) - 1
