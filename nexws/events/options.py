"""Reading what ``@on`` says beside the types, and refusing what makes no sense."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

from pydantic_core import from_json, to_json

from nexws.errors import EventError, HandlerSignatureError
from nexws.events.guards import EventMiddleware, Guard
from nexws.events.marks import EventMark, marks_of
from nexws.events.payloads import read_examples
from nexws.events.rates import Rate

__all__ = ["Options"]


class Options:
    """The options of one mark; each method gives one, or refuses it with ``HandlerSignatureError``."""

    def __init__(self, mark: EventMark, refuse: Callable[[str, str], HandlerSignatureError]) -> None:
        self._mark, self._refuse = mark, refuse

    def guards(self, before: Sequence[Guard]) -> tuple[Guard, ...]:
        """Give the guards, behind those that stand *before*."""
        guards = (*before, *self._mark.guards)
        self._check("guard", guards)
        return guards

    def middleware(self, before: Sequence[EventMiddleware]) -> tuple[EventMiddleware, ...]:
        """Give the middleware, inside of that which stands *before*."""
        middleware = (*before, *self._mark.middleware)
        self._check("middleware", middleware)
        return middleware

    def rate(self) -> Rate | None:
        """Give the rate that a client may send at."""
        rate = self._mark.rate
        try:
            return Rate.parse(rate) if isinstance(rate, str) else rate
        except ValueError as error:
            raise self._refuse(f"has rate={rate!r}", str(error)) from None

    def concurrency(self, *, is_sync: bool) -> int | Literal["latest"] | None:
        """Give how many may run at a time."""
        wanted: Any = self._mark.concurrency
        if wanted is None:
            return None
        if wanted == "latest":
            if is_sync:
                raise self._refuse(
                    "is no coroutine function, so none can be cancelled", "write it with async def"
                )
            return "latest"
        if type(wanted) is not int or wanted < 1:
            raise self._refuse(f"has concurrency={wanted!r}", "write 1, a greater number, or 'latest'")
        return wanted

    def timeout(self) -> float | None:
        """Give the seconds that it may take."""
        seconds = self._mark.timeout
        if seconds is not None and (isinstance(seconds, bool) or not seconds > 0):
            raise self._refuse(f"has timeout={seconds!r}", "write seconds, or math.inf for no end")
        return seconds

    def tags(self) -> tuple[str, ...]:
        """Give the tags."""
        if isinstance(self._mark.tags, str):
            raise self._refuse(f"has tags={self._mark.tags!r}", "write a list of tags")
        return tuple(self._mark.tags)

    def shield(self, *, streams: bool) -> bool:
        """Give whether it outlives its client."""
        if self._mark.shield and streams:
            raise self._refuse("yields, so nothing is left to do without a client", "leave shield= out")
        return self._mark.shield

    def errors(self, declared: Sequence[type[EventError[Any]]]) -> tuple[type[EventError[Any]], ...]:
        """Give the failures of its own, each once."""
        found: dict[str, type[EventError[Any]]] = {}
        for each in declared:
            bases: tuple[type, ...] = getattr(each, "__mro__", ())  # an instance has none
            if EventError not in bases or not each.code:
                name = getattr(each, "__name__", repr(each))
                raise self._refuse(
                    f"declares the failure {name}, which has no code",
                    "name subclasses of EventError with a code of their own",
                )
            if found.setdefault(each.code, each) is not each:
                names = f"{found[each.code].__name__} and {each.__name__}"
                raise self._refuse(f"declares {names} with one code, {each.code!r}", "give them two")
        return tuple(found.values())

    def examples(self, schema: object, *, has_payload: bool) -> tuple[Any, ...]:
        """Give the examples, as clients write them."""
        if isinstance(self._mark.examples, str):
            raise self._refuse("has examples= that is text", "write a list of examples")
        examples = tuple(self._mark.examples)
        if examples and not has_payload:
            raise self._refuse("has examples, but no payload", "leave examples= out")
        read_examples(self._mark.event, schema, examples)
        return tuple(from_json(to_json(example, by_alias=True)) for example in examples)

    def _check(self, word: str, found: Iterable[object]) -> None:
        """See that guards or middleware (*word*) can be that."""
        for each in found:
            name = getattr(each, "__name__", repr(each))
            if not callable(each):
                raise self._refuse(f"has the {word} {name}, which cannot be called", "name a function")
            if marks_of(each):  # a method of the class body, that hides a function of the same name
                raise self._refuse(f"has the {word} {name}, which is a handler itself", "rename one of them")
