"""From a frame to its handler, and back."""

from __future__ import annotations

import logging
from typing import Any

from nexws.errors import EventError
from nexws.events import Contract, Envelope
from nexws.protocol import Failure, FailureCode, Ref
from nexws.runtime.limits import Limits

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
    ) -> None:
        self._handlers = contract.handlers
        reader = contract.reader(frame_bytes=limits.frame_bytes, depth=limits.json_depth)
        self._read, self._address_of = reader.read, reader.address
        self._logger, self._passed_on = logger, passed_on

    async def dispatch(self, consumer: Any, websocket: Any, frame: str | bytes) -> str | None:
        """Serve one frame; gives the frame that answers it, if it is to be answered.

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
            handler = self._handlers[envelope["event"]]
            result = await handler.invoke(consumer, websocket, envelope.get("data"))
            ref = envelope.get("ref")
            return None if ref is None else handler.write_reply(ref, result)
        except EventError as error:
            return self._failed(self._address(frame, envelope), error)
        except self._passed_on:
            raise
        except Exception:
            address = self._address(frame, envelope)
            self._logger.exception("event %r was not served: its handler raised", address[0])
            return self._internal(address)

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
