"""Reading a handler's signature: what it takes, what it returns, and whether that fits its declaration."""

from __future__ import annotations

import inspect
import types
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

from nexws.errors import EventError, HandlerSignatureError
from nexws.events.arguments import SIMPLE, Argument, Recognise, Source, source_of
from nexws.events.guards import EventMiddleware, Guard
from nexws.events.marks import EventMark
from nexws.events.options import Options
from nexws.events.payloads import PayloadWriter, adapt, is_binary
from nexws.events.rates import Rate
from nexws.events.received import ANY_PAYLOAD, NO_PAYLOAD
from nexws.protocol import UNKNOWN

__all__ = ["Around", "Handler", "read_handler"]

_EMPTY = inspect.Parameter.empty
_UNIONS = (Union, types.UnionType)
_TYPED = ("str", "int", "float", "uuid")
"""Converters whose type is known; others, of a program's own, may give anything."""
_Invoke: TypeAlias = Callable[[Any, Any, Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What a class and its routers put around one of their handlers."""

    guards: tuple[Guard, ...] = ()
    middleware: tuple[EventMiddleware, ...] = ()
    errors: tuple[type[EventError[Any]], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler:
    """One event, or family of events, that a consumer serves.

    ``invoke(consumer, websocket, payload)`` calls a simple one; the others are called with what ``arguments`` name.
    """

    event: str
    """The name that is served; ``chat.*`` for a family, ``*`` for what is unknown otherwise."""
    where: str
    schema: object
    """The type of the payload."""
    reply: object
    """The type of the reply, or of a stream's items; ``None`` for no payload."""
    streams: bool
    """Whether the handler yields items of type ``reply``, rather than returning one."""
    is_sync: bool
    """Whether it runs in a worker thread."""
    is_binary: bool
    """Whether its payload is bytes."""
    guards: tuple[Guard, ...]
    """What lets its events through, the class' own first."""
    middleware: tuple[EventMiddleware, ...]
    """What goes around it, the outermost first."""
    errors: Mapping[str, PayloadWriter[Any]]
    """The codes of its own that it may fail with, and what writes the data of each."""
    error_types: tuple[type[EventError[Any]], ...]
    """Where those codes are from."""
    rate: Rate | None
    concurrency: int | Literal["latest"] | None
    timeout: float | None
    shield: bool
    tags: tuple[str, ...]
    deprecated: bool
    examples: tuple[Any, ...]
    """Payloads, as clients write them."""
    function: Callable[..., Any]
    arguments: tuple[Argument, ...]
    is_simple: bool
    """Whether ``invoke`` can call it: it asks for the payload and the socket at most."""
    invoke: _Invoke
    writer: PayloadWriter[Any]
    """Checks and writes replies, or items."""

    @property
    def summary(self) -> str:
        """The first line of the docstring."""
        return self.description.partition("\n")[0]

    @property
    def description(self) -> str:
        """The docstring."""
        return inspect.cleandoc(self.function.__doc__ or "")

    def check_path(self, path: str, converters: Mapping[str, str]) -> None:
        """See that *path* gives what the handler asks for; *converters* name the type of each parameter of it.

        Raises:
            HandlerSignatureError: it does not.
        """
        for argument in self.arguments:
            name, wanted, given = argument.name, argument.path_type, converters.get(argument.name)
            if argument.source == "path" and given is None:
                problem = f"takes {name!r}, which {path!r} does not give"
                fix = f"write {{{name}}} into the path, or take the payload first"
            elif argument.source == "path" and given in _TYPED and given != wanted:
                problem = f"takes {name!r} as {wanted}, but {path!r} gives {given}"
                fix = f"write {{{name}:{wanted}}}"
            elif argument.source == "payload" and given is not None:
                problem = f"takes {name!r} as its payload, but {path!r} has a parameter of that name"
                fix = "rename the payload; without one, read event.path_params"
            else:
                continue
            raise HandlerSignatureError(self.event, self.where, problem, fix)


def read_handler(
    mark: EventMark,
    function: Callable[..., Any],
    where: str,
    local_names: Mapping[str, Any],
    recognise: Recognise,
    *,
    around: Around,
) -> Handler:
    """Make the handler of one mark at *where*; *recognise* tells the parameters that the framework fills.

    Raises:
        HandlerSignatureError: the function asks for what nobody supplies, or contradicts the mark.
        SchemaError: its payload or reply is nothing that Pydantic can use.
        ExampleError: an example does not fit its payload.
    """
    reader = _Reader(mark, function, where, local_names, recognise)
    arguments = reader.arguments()
    sources: tuple[Source, ...] = tuple(argument.source for argument in arguments)
    reply, options = reader.reply(), Options(mark, reader.refuse)
    has_payload = reader.schema is not NO_PAYLOAD and reader.schema is not ANY_PAYLOAD
    errors = options.errors((*around.errors, *mark.errors))
    return Handler(
        event=mark.event,
        where=reader.where,
        schema=reader.schema,
        reply=reply,
        streams=reader.streams,
        is_sync=reader.is_sync,
        is_binary=has_payload and is_binary(adapt(mark.event, reader.schema)),
        guards=options.guards(around.guards),
        middleware=options.middleware(around.middleware),
        errors={each.code: PayloadWriter(mark.event, each.data_type) for each in errors},
        error_types=errors,
        rate=options.rate(),
        concurrency=options.concurrency(is_sync=reader.is_sync),
        timeout=options.timeout(),
        shield=options.shield(streams=reader.streams),
        tags=options.tags(),
        deprecated=mark.deprecated,
        examples=options.examples(reader.schema, has_payload=has_payload),
        function=function,
        arguments=arguments,
        is_simple=SIMPLE.issuperset(sources) and not reader.is_sync,
        invoke=_invoker(function, sources),
        writer=PayloadWriter(mark.event, reply),
    )


def _invoker(function: Callable[..., Any], order: tuple[Source, ...]) -> _Invoke:
    """Fix the order of the arguments once, so that a call of the common shapes costs nothing extra."""
    if order == ("payload",):
        return lambda consumer, _websocket, payload: function(consumer, payload)
    if order == ("socket", "payload"):
        return function
    if order == ("payload", "socket"):
        return lambda consumer, websocket, payload: function(consumer, payload, websocket)
    if order == ("socket",):
        return lambda consumer, websocket, _payload: function(consumer, websocket)
    return lambda consumer, _websocket, _payload: function(consumer)


class _Reader:
    """Compares one function with its mark."""

    def __init__(
        self,
        mark: EventMark,
        function: Callable[..., Any],
        where: str,
        local_names: Mapping[str, Any],
        recognise: Recognise,
    ) -> None:
        self.mark, self.function, self.recognise = mark, function, recognise
        self.schema: object = NO_PAYLOAD
        self.where = f"{where} ({function.__code__.co_filename}:{function.__code__.co_firstlineno})"
        self.streams = inspect.isasyncgenfunction(function)
        self.is_sync = not (self.streams or inspect.iscoroutinefunction(function))
        if inspect.isgeneratorfunction(function):
            raise self.refuse("is a generator that is not async", "write it with async def")
        if self.streams and mark.reply is not None:
            raise self.refuse("yields, but reply= declares one answer", "write stream=, or return it")
        if mark.stream is not None and not self.streams:
            raise self.refuse("yields nothing, but stream= declares a stream", "write reply=, or yield")
        self.hints = self._hints(local_names)

    def refuse(self, problem: str, fix: str) -> HandlerSignatureError:
        return HandlerSignatureError(self.mark.event, self.where, problem, fix)

    def _hints(self, local_names: Mapping[str, Any]) -> dict[str, Any]:
        stand_in = types.SimpleNamespace(__annotations__=dict(self.function.__annotations__))
        first = next(iter(inspect.signature(self.function).parameters), "")
        stand_in.__annotations__.pop(first, None)  # the consumer, whose class may be known later only
        names = self.function.__globals__
        try:
            return get_type_hints(stand_in, names, dict(local_names), include_extras=True)
        except NameError as error:
            problem = f"has an annotation that names {error.name!r}, which is not known here"
            raise self.refuse(problem, "define or import it above the class") from error

    def arguments(self) -> tuple[Argument, ...]:
        """Tell what fills each parameter behind ``self``, and set the schema."""
        consumer, *parameters = inspect.signature(self.function).parameters.values() or (None,)
        if consumer is None or consumer.kind is consumer.KEYWORD_ONLY:
            raise self.refuse("does not take the consumer", "take it first, as self")
        known: dict[str, Source | None] = {
            each.name: source_of(each, self._hint(each), self.recognise) for each in parameters
        }
        payload = self._payload([each for each in parameters if known[each.name] is None])
        if payload is not None:
            known[payload.name] = "payload"
            self.schema = self._agree("takes", self._hint(payload), self.mark.schema, payload.name)
        elif self.mark.event == UNKNOWN and self.mark.schema is None:
            self.schema = ANY_PAYLOAD
        elif self.mark.schema is not None:
            fix = f"add a parameter data: {_shown(self.mark.schema)}, or leave schema= out"
            raise self.refuse("takes no payload, but schema= declares one", fix)
        return tuple(self._argument(each, known[each.name]) for each in parameters)

    def _hint(self, parameter: inspect.Parameter) -> object:
        return self.hints.get(parameter.name, _EMPTY)

    def _payload(self, candidates: list[inspect.Parameter]) -> inspect.Parameter | None:
        """Find the payload: the first parameter that nothing else supplies, and that fits what is declared."""
        declared = self.mark.schema
        for each in candidates if declared is not None else ():
            hint = self._hint(each)
            if hint is not _EMPTY and _fits(declared, hint):
                return each
        return candidates[0] if candidates else None

    def _argument(self, parameter: inspect.Parameter, source: Source | None) -> Argument:
        ordinary = parameter.kind is parameter.POSITIONAL_OR_KEYWORD
        if not ordinary and (source in SIMPLE or parameter.kind is not parameter.KEYWORD_ONLY):
            problem = f"takes {parameter.name!r} as {parameter.kind.description} parameter"
            raise self.refuse(problem, "take it as an ordinary parameter")
        hint = self._hint(parameter)
        found = Argument(name=parameter.name, source=source or "path", hint=hint, default=parameter.default)
        if source is None and found.path_type is None:
            fix = "take the payload, websocket, event: EventContext, Depend(...) or path parameters"
            raise self.refuse(f"takes {parameter.name!r}, which nothing supplies", fix)
        return found

    def _agree(self, verb: str, hint: object, declared: object, name: str) -> object:
        if declared is None:
            if hint is _EMPTY:
                raise self.refuse(
                    f"{verb} {name!r} without an annotation", f"annotate {name!r}, or give schema="
                )
            return hint
        if _fits(declared, hint):
            return declared
        raise self.refuse(
            f"{verb} {_shown(hint)}, but schema= declares {_shown(declared)}", "make the two agree"
        )

    def reply(self) -> object:
        """Tell what the handler replies with, or streams; ``None`` for no payload."""
        hint, declared = self.hints.get("return", _EMPTY), self.mark.reply
        if self.streams:
            hint, declared = self._item(hint), self.mark.stream
        if declared is None:
            return None if hint in (_EMPTY, type(None)) else hint
        if hint in (_EMPTY, Any) or _fits(hint, declared):
            return declared
        verb, argument = ("yields", "stream") if self.streams else ("returns", "reply")
        problem = f"{verb} {_shown(hint)}, but {argument}= declares {_shown(declared)}"
        raise self.refuse(problem, "make the two agree")

    def _item(self, hint: object) -> object:
        if hint is _EMPTY or hint is Any:
            if self.mark.stream is None and hint is _EMPTY:
                raise self.refuse(
                    "yields, but does not say what", "annotate it -> AsyncIterator[...], or give stream="
                )
            return hint
        if get_origin(hint) not in (AsyncIterator, AsyncIterable, AsyncGenerator):
            raise self.refuse(f"yields, but returns {_shown(hint)}", "annotate it -> AsyncIterator[...]")
        return get_args(hint)[0]


def _fits(narrow: object, wide: object) -> bool:
    """Whether whatever is of the type *narrow* is of the type *wide*, as far as a look at the two tells."""
    narrow, wide = _bare(narrow), _bare(wide)
    if narrow == wide or wide is _EMPTY or wide is Any or wide is object:
        return True
    inner: tuple[Any, ...] = get_args(narrow)
    if get_origin(narrow) in _UNIONS:
        return all(_fits(each, wide) for each in inner)
    if get_origin(narrow) is Literal and inner[1:]:
        return all(_fits(Literal[each], wide) for each in inner)
    if get_origin(wide) in _UNIONS:
        return any(_fits(narrow, each) for each in get_args(wide))
    if get_origin(narrow) is Literal:
        word: object = inner[0]
        return word in get_args(wide) if get_origin(wide) is Literal else _fits(type(word), wide)
    of_wide = get_args(wide)
    inner = tuple(each for each in inner if each is not ...)  # tuple[int, ...] is a sequence of int
    of_wide = tuple(each for each in of_wide if each is not ...)
    if inner and of_wide and len(inner) != len(of_wide):
        return False
    outer, other = get_origin(narrow) or narrow, get_origin(wide) or wide
    return (
        isinstance(outer, type)
        and isinstance(other, type)
        and _is_subclass(outer, other)
        and all(map(_fits, inner, of_wide))
    )


def _is_subclass(narrow: type, wide: type) -> bool:
    return issubclass(narrow, wide) or (wide is float and narrow is int)


def _bare(annotation: Any) -> object:
    """Take ``Annotated`` off: what it adds narrows a type."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    return annotation


def _shown(annotation: object) -> str:
    if annotation is type(None):
        return "None"
    return annotation.__name__ if isinstance(annotation, type) else str(annotation).replace("typing.", "")
