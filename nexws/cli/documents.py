"""Documents that a command is given: JSON or YAML, in a file or on standard input."""

from __future__ import annotations

import importlib
import json
from collections import Counter
from typing import Any

import click

__all__ = ["UnusableError", "read_document", "write_text"]


class UnusableError(click.ClickException):
    """What the command was given is of no use; in scripts told apart from a finding by the exit code."""

    exit_code = 2


def read_document(file: str) -> Any:
    """Read the document in *file*, or on standard input for ``-``: JSON if it begins with a brace, else YAML.

    A key that an object has twice is refused, which parsers would pass over. YAML's dates stay the text they are.

    Raises:
        UnusableError: there is no such file, or neither JSON nor YAML in it, or YAML that no package can read.
    """
    name = "standard input" if file == "-" else file
    try:
        with click.open_file(file, encoding="utf-8-sig") as stream:
            text = stream.read()
        return _json(text) if text.lstrip().startswith(("{", "[")) else _yaml(text)
    except OSError as error:
        raise UnusableError(f"cannot read {name}: {error.strerror}") from error
    except RecursionError as error:
        raise UnusableError(f"cannot read {name}: it is nested too deeply") from error
    except ValueError as error:
        raise UnusableError(f"cannot read {name}: {error}") from error


def _json(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_object, parse_constant=_no_number)


def _object(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    twice = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
    if twice:
        raise ValueError(f"an object has the key {twice[0]!r} more than once")
    return dict(pairs)


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number in JSON")


def _yaml(text: str) -> Any:
    try:
        yaml = importlib.import_module("yaml")
    except ModuleNotFoundError as error:
        raise UnusableError(
            'YAML needs a package that is not installed; run: pip install "nexws[cli]"'
        ) from error

    class Loader(yaml.SafeLoader):  # type: ignore[name-defined,misc]
        """YAML as far as JSON goes."""

    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def mapping(loader: Any, node: Any) -> Any:
        loader.flatten_mapping(node)
        return _object(loader.construct_pairs(node, deep=True))

    Loader.add_constructor("tag:yaml.org,2002:map", mapping)
    try:
        return yaml.load(text, Loader)
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from error


def write_text(document: Any, format_: str) -> str:
    """Write a document as JSON or YAML.

    Raises:
        UnusableError: YAML, that no package can write.
    """
    if format_ == "json":
        return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    try:
        yaml = importlib.import_module("yaml")
    except ImportError as error:
        raise UnusableError('YAML needs PyYAML; run: pip install "nexws[cli]"') from error
    unshared = json.loads(json.dumps(document, allow_nan=False))  # or YAML would have anchors
    text: str = yaml.safe_dump(unshared, sort_keys=False, allow_unicode=True, width=110)
    return text.rstrip()
