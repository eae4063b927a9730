"""Changes for people, for programs and for pull requests."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict

from nexws.asyncapi.diff.changes import Change, Verdict, has_breaking
from nexws.asyncapi.printing import printable

__all__ = ["as_json", "as_markdown", "as_text"]

_VERDICTS: tuple[Verdict, ...] = ("breaking", "compatible", "documentation")
_WIDTH = max(map(len, _VERDICTS))
_MARKED = re.compile(r"([\\`*_{}\[\]<>#|~])")


def as_text(changes: Sequence[Change], *, paint: Callable[[str, Verdict], str] = lambda text, _: text) -> str:
    """Write changes for a terminal: by channel, the worst first, in columns; *paint* may colour the verdicts.

    What a terminal would act on is written as escapes.
    """
    rows = _worst_first(changes)
    events = max((len(printable(row.event)) for row in rows), default=0)
    fields = max((len(printable(row.field)) for row in rows), default=0)
    lines: list[str] = []
    for channel in dict.fromkeys(change.channel for change in changes):
        lines.append(printable(channel) or "document")
        for row in rows:
            if row.channel == channel:
                verdict = paint(row.verdict.ljust(_WIDTH), row.verdict)
                place = [printable(row.event).ljust(events), printable(row.field).ljust(fields)]
                columns = [verdict, *filter(None, place), printable(row.message)]
                lines.append(f"  {'  '.join(columns)}")
        lines.append("")
    return "\n".join([*lines, _summary(changes)])


def as_json(changes: Sequence[Change]) -> str:
    """Write changes as one JSON object: whether any breaks, and all of them with what they have."""
    listed = [{"where": change.where, **asdict(change)} for change in changes]
    return json.dumps({"breaking": has_breaking(changes), "changes": listed}, indent=2, ensure_ascii=False)


def as_markdown(changes: Sequence[Change]) -> str:
    """Write changes for a pull request: tables, of which only what breaks is open."""
    if not changes:
        return "No changes."
    parts: list[str] = []
    for verdict in _VERDICTS:
        rows = [change for change in changes if change.verdict == verdict]
        title = _counted(rows, verdict)
        if verdict == "breaking":
            parts += [f"### {title}", *([_table(rows)] if rows else [])]
        elif rows:
            parts += [f"<details><summary>{title}</summary>", _table(rows), "</details>"]
    return "\n\n".join(parts)


def _summary(changes: Sequence[Change]) -> str:
    counts = [(verdict, sum(change.verdict == verdict for change in changes)) for verdict in _VERDICTS]
    return ", ".join(f"{count} {verdict}" for verdict, count in counts if count) or "no changes"


def _worst_first(changes: Iterable[Change]) -> list[Change]:
    return sorted(changes, key=lambda change: _VERDICTS.index(change.verdict))


def _counted(rows: Sequence[Change], verdict: Verdict) -> str:
    return f"{len(rows) or 'No'} {verdict} {'change' if len(rows) == 1 else 'changes'}"


def _table(rows: Iterable[Change]) -> str:
    cells = [(row.channel, row.event, row.field, row.message) for row in rows]
    lines = [f"| {' | '.join(_cell(text) for text in row)} |" for row in cells]
    return "\n".join(["| channel | event | field | change |", "|---|---|---|---|", *lines])


def _cell(text: str) -> str:
    return _MARKED.sub(r"\\\1", printable(text))
