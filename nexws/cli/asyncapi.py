"""``nexws asyncapi``: tools for AsyncAPI documents."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click

from nexws.asyncapi.diff import (
    Change,
    Verdict,
    as_json,
    as_markdown,
    as_text,
    has_breaking,
)
from nexws.asyncapi.diff import diff as compare
from nexws.asyncapi.lint import Problem, unsound
from nexws.asyncapi.lint import lint as check
from nexws.asyncapi.printing import printable
from nexws.cli.applications import documented, load_app
from nexws.cli.documents import UnusableError, read_document, write_text

__all__ = ["asyncapi"]

_COLOURS = {"breaking": "red", "compatible": "green", "documentation": "bright_black"}
_FORMATS = {"json": as_json, "markdown": as_markdown}


@click.group()
def asyncapi() -> None:
    """Work with AsyncAPI documents."""


@asyncapi.command()
@click.argument("application", metavar="MODULE:APP")
@click.option("--format", "format_", type=click.Choice(["json", "yaml"]), default="json", show_default=True)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False), help="Write to a file, not to standard output."
)
@click.option("--view", type=click.Choice(["server", "client"]), default="server", show_default=True)
@click.option("--spec", type=click.Choice(["3.1.0", "3.0.0"]), default="3.1.0", show_default=True)
def export(application: str, *, format_: str, output: str | None, view: Any, spec: Any) -> None:
    """Write the AsyncAPI document of an application, named as ``shop.main:app``."""
    document = documented(load_app(application), view=view, spec=spec)
    text = write_text(document, format_)
    if output is None:
        click.echo(text)
        return
    try:
        Path(output).write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise UnusableError(f"cannot write {output}: {error.strerror}") from error


@asyncapi.command()
@click.argument("file")
@click.option("--strict", is_flag=True, help="Fail on warnings too.")
def lint(file: str, *, strict: bool) -> None:
    """Check the AsyncAPI document in FILE, or on standard input for "-".

    It may be JSON or YAML. The exit code is 1 if something is wrong, 2 if the document cannot be read.
    """
    problems = _asked(check, read_document(file))
    width = max((len(problem.severity) for problem in problems), default=0)
    for problem in problems:
        click.echo(_line(problem, width))
    errors = sum(problem.severity == "error" for problem in problems)
    warnings = len(problems) - errors
    click.echo(f"{_counted(errors, 'error')}, {_counted(warnings, 'warning')}" if problems else "no problems")
    if errors or (strict and warnings):
        _fail()


def _asked(question: Callable[[Any], list[Problem]], document: Any) -> list[Problem]:
    try:
        return question(document)
    except ModuleNotFoundError as error:
        raise UnusableError(f'{error.name} is not installed; run: pip install "nexws[cli]"') from error


def _line(problem: Problem, width: int) -> str:
    colour = "red" if problem.severity == "error" else "yellow"
    severity = click.style(problem.severity.ljust(width), fg=colour)
    rule = click.style(f"[{problem.rule}]", dim=True)
    return f"{severity}  {printable(problem.where) or '/'}  {printable(problem.message)}  {rule}"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _fail() -> NoReturn:
    raise click.exceptions.Exit(1)


@asyncapi.command()
@click.argument("old")
@click.argument("new")
@click.option(
    "--format", "format_", type=click.Choice(["text", *_FORMATS]), default="text", show_default=True
)
@click.option(
    "--fail-on",
    type=click.Choice(["breaking", "never"]),
    default="breaking",
    show_default=True,
    help="When to exit with 1.",
)
def diff(old: str, new: str, *, format_: str, fail_on: str) -> None:
    """Say what NEW changes for the clients of OLD.

    Both are files with AsyncAPI documents, JSON or YAML; one of them may be "-" for standard input. The exit code is
    1 if a client of OLD may fail, 2 if a document cannot be read, or is wrong.
    """
    if old == new == "-":
        raise click.UsageError("only one of the two documents can come from standard input")
    changes = compare(_sound(old), _sound(new))
    click.echo(_written(changes, format_))
    if fail_on == "breaking" and has_breaking(changes):
        _fail()


def _sound(file: str) -> Any:
    """Read a document that can be compared: one that is wrong would get a verdict that means nothing."""
    document = read_document(file)
    problems = [problem for problem in _asked(unsound, document) if problem.severity == "error"]
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise UnusableError(
            f"{file} cannot be compared: {printable(str(problems[0]))}{more}; see: nexws asyncapi lint {file}"
        )
    return document


def _written(changes: list[Change], format_: str) -> str:
    def paint(text: str, verdict: Verdict) -> str:
        return click.style(text, fg=_COLOURS[verdict])

    return as_text(changes, paint=paint) if format_ == "text" else _FORMATS[format_](changes)
