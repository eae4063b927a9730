"""Failures that a program answers events with."""

from __future__ import annotations

import inspect
import re
from typing import Any, ClassVar, Generic, get_args, get_origin

from typing_extensions import TypeVar

from nexws.errors.base import NexwsError
from nexws.errors.setup import ErrorDeclarationError

__all__ = ["EventError"]

DataT = TypeVar("DataT", default=Any)

_is_code = re.compile(r"[A-Za-z0-9_.:-]{1,128}").fullmatch


class EventError(NexwsError, Generic[DataT]):
    """Answer the event that is being handled with a failure of your own.

    ``code`` is stable and meant for programs, ``message`` for people; both reach the client, as does
    ``data`` (anything that can be written as JSON). ``retryable`` tells the client that the same
    event may work later.

    A subclass with a ``code`` is part of a contract, once a handler names it in ``errors=[...]``. It is raised without
    one, its first argument is the message (the first line of its docstring, unless given), and what it is
    generic over is the type of its ``data``::

        class GroupFull(EventError[Capacity]):
            \"\"\"The group is full.\"\"\"

            code = "group_full"
            retryable = True

        raise GroupFull(data=Capacity(members=100))

    Raises:
        ErrorDeclarationError: the ``code`` of a subclass is not 1 to 128 of ``A-Z a-z 0-9 _ . : -``.
    """

    code: str = ""
    retryable: bool = False
    data_type: ClassVar[object] = Any
    """The type of the ``data`` of a declared failure; ``None`` for none."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if not _is_code(cls.code) and "code" in vars(cls):
            problem = f"has the code {cls.code!r}; write 1 to 128 of A-Z a-z 0-9 _ . : -"
            raise ErrorDeclarationError(cls.__qualname__, problem)
        if "__orig_bases__" in vars(cls):
            found = _data_type(cls, ())
            cls.data_type = None if found is type(None) else found

    def __init__(
        self, code: str = "", message: str = "", *, data: DataT | None = None, retryable: bool | None = None
    ) -> None:
        declared = type(self)
        if declared.code:
            if code and message:
                raise TypeError(f"{declared.__qualname__} has its code already; give its message alone")
            message = code or message or inspect.cleandoc(declared.__doc__ or "").partition("\n")[0]
            code = declared.code
        elif not code:
            raise TypeError("an EventError needs a code; give one, or raise a subclass that has one")
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.data = data
        self.retryable = declared.retryable if retryable is None else retryable

    def __str__(self) -> str:
        return f"{self.code}: {self.message}" if self.message else self.code


def _data_type(declared: Any, arguments: tuple[Any, ...]) -> Any:
    """Tell the type of the data of *declared*, which is generic over *arguments*; without them, over anything."""
    if declared is EventError:
        return arguments[0]
    values = dict(zip(declared.__parameters__, arguments, strict=False))
    for base in getattr(declared, "__orig_bases__", ()):
        origin = get_origin(base)
        if isinstance(origin, type) and issubclass(origin, EventError):
            found = _data_type(origin, get_args(base))
            inner = getattr(found, "__parameters__", ())
            if isinstance(found, TypeVar):
                return values.get(found, Any)
            return found[tuple(values.get(each, Any) for each in inner)] if inner else found
    return declared.data_type
