"""Whether a document is a right AsyncAPI 3 document: the official schema, and what the specification says besides."""

from __future__ import annotations

from nexws.asyncapi.lint.document import VERSIONS, lint, unsound
from nexws.asyncapi.lint.problems import Problem, Severity

__all__ = ["VERSIONS", "Problem", "Severity", "lint", "unsound"]
