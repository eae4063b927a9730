"""What is wrong with a document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Problem", "Severity"]

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    ``where`` is the JSON pointer (RFC 6901) of what to change, ``message`` a sentence about it, and ``rule`` the
    stable name of what was broken. An error breaks the specification; a warning is right and yet a trap.
    """

    where: str
    message: str
    rule: str
    severity: Severity = "error"

    def __str__(self) -> str:
        return f"{self.where or '/'}: {self.message} [{self.rule}]"
