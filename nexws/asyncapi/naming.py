"""Names of components: short, and the same whatever else is in the document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, count
from typing import Final

__all__ = ["Names", "short_name"]

_ID: Final = re.compile(r":[0-9]+(?=[\[\],]|$)")
_QUALIFIER: Final = re.compile(r"(?:(?:[^\W\d]\w*|<locals>)\.)+(?=[^\W\d])")
_ANNOTATED: Final = re.compile(r"\bAnnotated\[")
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9._-]+")


class Names:
    """Hands out the names of components, each once.

    A name depends on its type and the direction alone. Only when two types have one name does their order
    tell: who comes first keeps it, the next is named with its module, and any other is numbered.
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def choose(self, core_ref: str) -> str:
        """Name a type, given Pydantic's name for it."""
        return self._first_free(short_name(core_ref), _long_name(core_ref))

    def choose_output(self, name: str) -> str:
        """Name what is written of the type that is called *name*."""
        return self._first_free(f"{name}Output")

    def _first_free(self, *wanted: str) -> str:
        numbered = (f"{wanted[-1]}_{number}" for number in count(2))
        name = next(each for each in chain(wanted, numbered) if each not in self._taken)
        self._taken.add(name)
        return name


def short_name(core_ref: str) -> str:
    """Name a type after its class and arguments: ``chat.Page:1[chat.Item:2]`` is ``Page_Item``."""
    return _sanitize(_QUALIFIER.sub("", _readable(core_ref)))


def _long_name(core_ref: str) -> str:
    return _sanitize(_readable(core_ref).replace("<locals>.", ""))


def _readable(core_ref: str) -> str:
    """Take out the numbers, which differ from run to run, and what is annotated to type arguments."""
    name = _ID.sub("", core_ref)
    while (annotated := _ANNOTATED.search(name)) is not None:
        before, inside = name[: annotated.start()], name[annotated.end() :]
        ends = list(_ends(inside))
        name = f"{before}{inside[: ends[0]]}{inside[ends[-1] + 1 :]}"
    return name


def _ends(arguments: str) -> Iterator[int]:
    """Find where each of the arguments ends, the last with a bracket."""
    depth = 0
    for at, char in enumerate(arguments):
        if depth == 0 and char in ",]":
            yield at
            if char == "]":
                return
        depth += (char in "([{") - (char in ")]}")
    yield len(arguments)


def _sanitize(name: str) -> str:
    ascii_only = "".join(c if c.isascii() or not c.isalnum() else f"u{ord(c):04x}" for c in name)
    return "_".join(filter(None, _NOT_IN_NAMES.split(ascii_only)))
