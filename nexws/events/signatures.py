"""Reading a handler's signature: what it takes, what it returns, and whether that fits its declaration."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args, get_origin, get_type_hints

from nexws.errors import HandlerSignatureError
from nexws.events.marks import EventMark
from nexws.events.payloads import PayloadWriter
from nexws.events.reading import NO_PAYLOAD
from nexws.protocol import NO_DATA, Ref, answer_frame

__all__ = ["Handler", "read_handler"]

_EMPTY = inspect.Parameter.empty
_SOCKET_NAMES = ("websocket", "ws")
_Invoke: TypeAlias = Callable[[Any, Any, Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler:
    """One event that a consumer serves.

    ``invoke(consumer, websocket, payload)`` calls the method with the arguments that it asks for.
    """

    event: str
    where: str
    schema: object
    reply: object
    streams: bool
    """Whether the handler yields items of type ``reply``, rather than returning one."""
    invoke: _Invoke
    _writer: PayloadWriter[Any]

    def write_reply(self, ref: Ref, result: object) -> str:
        """Write the answer to *ref*.

        Raises:
            PayloadError: *result* does not fit what the handler declares to reply.
        """
        return answer_frame(self.event, ref, "ok", self._writer.write(result))

    def write_item(self, ref: Ref, item: object) -> str:
        """Write an item of the stream that answers *ref*.

        Raises:
            PayloadError: *item* does not fit what the handler declares to stream.
        """
        return answer_frame(self.event, ref, "next", self._writer.write(item))

    def write_done(self, ref: Ref) -> str:
        """Write the end of the stream that answers *ref*."""
        return answer_frame(self.event, ref, "done", NO_DATA)


def read_handler(
    mark: EventMark,
    function: Callable[..., Any],
    where: str,
    local_names: Mapping[str, Any],
    is_socket: Callable[[object], bool],
) -> Handler:
    """Make the handler of one mark at *where*; *is_socket* tells the annotation of the connection's socket.

    Raises:
        HandlerSignatureError: the method asks for what nobody supplies, or contradicts the mark.
        SchemaError: its reply is nothing that Pydantic can write.
    """
    reader = _Reader(mark, function, where, local_names, is_socket)
    order = reader.arguments()
    reply = reader.reply()
    return Handler(
        event=mark.event,
        where=reader.where,
        schema=reader.schema,
        reply=reply,
        streams=reader.streams,
        invoke=_invoker(function, order),
        _writer=PayloadWriter(mark.event, reply),
    )


_Argument: TypeAlias = Literal["socket", "payload"]


def _invoker(function: Callable[..., Any], order: tuple[_Argument, ...]) -> _Invoke:
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
        is_socket: Callable[[object], bool],
    ) -> None:
        self.mark, self.function, self.is_socket = mark, function, is_socket
        self.schema: object = NO_PAYLOAD
        self.where = f"{where} ({function.__code__.co_filename}:{function.__code__.co_firstlineno})"
        self.streams = inspect.isasyncgenfunction(function)
        if not (self.streams or inspect.iscoroutinefunction(function)):
            raise self.refuse("is no coroutine function", "write it with async def")
        if self.streams and mark.reply is not None:
            raise self.refuse("yields, but reply= declares one answer", "write stream=, or return it")
        if mark.stream is not None and not self.streams:
            raise self.refuse("yields nothing, but stream= declares a stream", "write reply=, or yield")
        self.hints = self._hints(local_names)

    def refuse(self, problem: str, fix: str) -> HandlerSignatureError:
        return HandlerSignatureError(self.mark.event, self.where, problem, fix)

    def _hints(self, local_names: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return get_type_hints(self.function, localns=dict(local_names), include_extras=True)
        except NameError as error:
            problem = f"has an annotation that names {error.name!r}, which is not known here"
            raise self.refuse(problem, "define or import it above the class") from error

    def arguments(self) -> tuple[_Argument, ...]:
        """Tell what fills each parameter behind ``self``, and set the schema."""
        order: list[_Argument] = []
        for parameter in list(inspect.signature(self.function).parameters.values())[1:]:
            if parameter.kind not in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
                raise self.refuse(f"takes {parameter}", "take the payload as an ordinary parameter")
            hint = self.hints.get(parameter.name, _EMPTY)
            is_socket = self.is_socket(hint) or (hint is _EMPTY and parameter.name in _SOCKET_NAMES)
            kind: _Argument = "socket" if is_socket else "payload"
            if kind in order:
                raise self.refuse(
                    f"takes {parameter.name!r}, which nothing supplies",
                    "take the payload, and perhaps websocket",
                )
            if kind == "payload":
                self.schema = self._agree("takes", hint, self.mark.schema, parameter.name)
            order.append(kind)
        if self.mark.schema is not None and self.schema is NO_PAYLOAD:
            fix = f"add a parameter data: {_shown(self.mark.schema)}, or leave schema= out"
            raise self.refuse("takes no payload, but schema= declares one", fix)
        return tuple(order)

    def _agree(self, verb: str, hint: object, declared: object, name: str) -> object:
        if declared is None:
            if hint is _EMPTY:
                raise self.refuse(
                    f"{verb} {name!r} without an annotation", f"annotate {name!r}, or give schema="
                )
            return hint
        if hint in (_EMPTY, Any, object, declared) or _is_subclass(declared, hint):
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
        if hint in (_EMPTY, Any, declared) or _is_subclass(hint, declared):
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


def _is_subclass(narrow: object, wide: object) -> bool:
    return isinstance(narrow, type) and isinstance(wide, type) and issubclass(narrow, wide)


def _shown(annotation: object) -> str:
    if annotation is type(None):
        return "None"
    return getattr(annotation, "__name__", None) or str(annotation)
