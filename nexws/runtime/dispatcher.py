"""From a frame to its handler, and back."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from nexws.errors import EventError
from nexws.events import Contract, Envelope, EventContext, Handler
from nexws.protocol import Failure, FailureCode, Ref
from nexws.runtime.connection import Connection, State
from nexws.runtime.limits import Limits
from nexws.runtime.outbox import Frame
from nexws.runtime.supply import Framework, call, iterate

__all__ = ["Dispatcher"]

_NOT_TEXT = Failure(code=FailureCode.BAD_FRAME, message="events are spoken in text frames")


class Dispatcher:
    """Serves the events of one consumer class."""

    def __init__(
        self,
        contract: Contract,
        limits: Limits,
        logger: logging.Logger,
        passed_on: tuple[type[Exception], ...],
        framework: Framework,
    ) -> None:
        self._handlers = contract.handlers
        reader = contract.reader(frame_bytes=limits.frame_bytes, depth=limits.json_depth)
        self._read, self._address_of = reader.read, reader.address
        self._logger, self._passed_on, self._framework = logger, passed_on, framework

    async def dispatch(
        self, consumer: Any, websocket: Any, connection: Connection, frame: str | bytes
    ) -> str | None:
        """Serve one frame; gives the frame that answers it, if it is to be answered at once.

        Whatever is wrong with the frame, and whatever its handler raises, becomes an answer: only errors about
        the connection itself, ``passed_on``, come out of here.
        """
        if not isinstance(frame, str):
            return _NOT_TEXT.frame()
        envelope: Envelope | None = None
        try:
            read = self._read(frame)
            if isinstance(read, Failure):
                return read.frame()
            envelope = read
            ref = envelope.get("ref")
            handler = self._handlers.get(envelope["event"])
            if handler is None:  # nexws.cancel, the one event that is nobody's
                connection.streams.cancel(ref)
                return None
            if handler.is_simple:
                result = handler.invoke(consumer, websocket, envelope.get("data"))
            else:
                result = self._call(handler, consumer, websocket, connection, envelope)
            if handler.streams:
                return self._start_stream(handler, connection, ref, result)
            result = await result
            return None if ref is None else handler.write_reply(ref, result)
        except EventError as error:
            return self._failed(self._address(frame, envelope), error)
        except self._passed_on:
            raise
        except Exception:
            address = self._address(frame, envelope)
            self._logger.exception("event %r was not served: its handler raised", address[0])
            return self._internal(address)

    def _call(
        self, handler: Handler, consumer: Any, websocket: Any, connection: Connection, envelope: Envelope
    ) -> Any:
        """Call a handler that asks for more than is at hand."""
        context = EventContext(
            name=handler.event,
            ref=envelope.get("ref"),
            connection=connection.id,
            websocket=websocket,
            user=self._framework.user(websocket),
            path_params=self._framework.path_params(websocket),
            meta=envelope.get("meta", {}),
        )
        begin = iterate if handler.streams else call
        return begin(handler, self._framework, consumer, context, envelope.get("data"))

    def _start_stream(
        self, handler: Handler, connection: Connection, ref: Ref | None, items: AsyncGenerator[Any]
    ) -> str | None:
        streams, event = connection.streams, handler.event
        if ref is None or ref in streams:
            # Told without the ref: it would be taken for the end of the other stream.
            text = "an event that is answered with a stream needs a ref that no running stream has"
            return Failure(code=FailureCode.BAD_ENVELOPE, message=text, event=event).frame()
        most = connection.limits.streams_per_connection
        if len(streams) >= most:
            text = f"{most} streams are running (Limits.streams_per_connection)"
            code = FailureCode.RATE_LIMITED
            return Failure(code=code, message=text, event=event, ref=ref, retryable=True).frame()

        def say_done() -> None:
            connection.outbox.put(Frame.text(handler.write_done(ref)))

        streams.start(ref, lambda: self._stream(handler, connection, ref, items), say_done)
        return None

    async def _stream(
        self, handler: Handler, connection: Connection, ref: Ref, items: AsyncGenerator[Any]
    ) -> None:
        """Send what a handler yields, no faster than the client takes it, and one last word."""
        try:
            async with aclosing(items):
                async for item in items:
                    await connection.write(Frame.text(handler.write_item(ref, item)))
            last = handler.write_done(ref)
        except EventError as error:
            last = self._failed((handler.event, ref), error)
        except Exception as error:
            wish = self._framework.close_wish(error)
            if wish is not None:
                await connection.close(*wish)
            if connection.state is State.OPEN and not connection.outbox.is_closed:
                text = "the stream of event %r was not finished: its handler raised"
                self._logger.exception(text, handler.event)
            last = self._internal((handler.event, ref))
        connection.streams.finish(ref)
        connection.outbox.put(Frame.text(last))  # which a closed one ignores

    def _failed(self, address: tuple[str | None, Ref | None], error: EventError) -> str:
        event, ref = address
        failure = Failure(
            code=error.code,
            message=error.message,
            event=event,
            ref=ref,
            data=error.data,
            retryable=error.retryable,
        )
        try:
            return failure.frame()
        except ValueError:
            self._logger.error("event %r failed with %r, whose data cannot be written", event, error.code)
            return self._internal(address)

    def _internal(self, address: tuple[str | None, Ref | None]) -> str:
        event, ref = address
        return Failure(
            code=FailureCode.INTERNAL, message="the event could not be served", event=event, ref=ref
        ).frame()

    def _address(self, frame: str, envelope: Envelope | None) -> tuple[str | None, Ref | None]:
        return self._address_of(frame) if envelope is None else (envelope["event"], envelope.get("ref"))
