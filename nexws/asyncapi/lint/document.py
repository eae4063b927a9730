"""The whole check, in the order in which its parts can rely on each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nexws.asyncapi.lint.channels import addresses, bindings, operations, servers
from nexws.asyncapi.lint.messages import ambiguous
from nexws.asyncapi.lint.problems import Problem
from nexws.asyncapi.lint.references import component_keys, not_json, references, unused_components
from nexws.asyncapi.lint.schemas import schemas
from nexws.asyncapi.lint.structure import structure
from nexws.asyncapi.references import is_object

__all__ = ["VERSIONS", "lint", "unsound"]

VERSIONS = ("3.0.0", "3.1.0")
"""The versions of AsyncAPI that are understood."""

_BOTTOMLESS = Problem("", "is nested too deeply to be checked, or contains itself", "json")

_RULES = (servers, addresses, operations, bindings, schemas, ambiguous, unused_components)


def lint(document: Any) -> list[Problem]:
    """Say what is wrong with *document*, errors first.

    Nothing is fetched. The rules that look at meaning run on documents whose structure and references are right, so
    that mending those may bring up more. Formats (``uri``, ``email``) and the payloads of other schema formats than
    AsyncAPI's and JSON Schema's are not checked.

    Raises:
        ModuleNotFoundError: the package ``jsonschema`` is not installed.
    """
    try:
        problems = unsound(document)
        if all(problem.severity == "warning" for problem in problems):
            problems += (problem for rule in _RULES for problem in rule(document))
    except RecursionError:
        return [_BOTTOMLESS]
    return sorted(dict.fromkeys(problems), key=lambda problem: problem.severity)


def unsound(document: Any) -> list[Problem]:
    """Say what keeps *document* from being read: its version, its structure and its references.

    Without such errors it has the objects that AsyncAPI says, where it says them.

    Raises:
        ModuleNotFoundError: the package ``jsonschema`` is not installed.
    """
    try:
        unreadable = [*not_json(document), *_unknown_version(document)]
        problems = unreadable or [*references(document), *component_keys(document), *structure(document)]
        return [*dict.fromkeys(problems)]
    except RecursionError:
        return [_BOTTOMLESS]


def _unknown_version(document: Any) -> Iterator[Problem]:
    known = " or ".join(VERSIONS)
    if not is_object(document):
        yield Problem("", f"must be an object: an AsyncAPI {known} document", "version")
    elif "asyncapi" not in document:
        yield Problem("", f"is no AsyncAPI document: 'asyncapi' must say {known}", "version")
    elif document["asyncapi"] not in VERSIONS:
        yield Problem(
            "/asyncapi", f"is {document['asyncapi']!r:.40}, must be {known} to be checked", "version"
        )
