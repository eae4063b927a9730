"""From what a handler raises to what its client is told."""

from __future__ import annotations

import logging
from typing import Any, Final, TypeGuard

from nexws.errors import EventError, LayerError, NexwsError, PayloadError
from nexws.events import Handler
from nexws.protocol import Failure, FailureCode, Ref
from nexws.runtime.cancellation import TookTooLong

__all__ = ["Failures", "Refused", "internal"]

_OWN_CODES: Final = frozenset(code.value for code in FailureCode)
_MOST_NOTED = 1000


def internal(event: str | None, ref: Ref | None) -> Failure:
    """Make the failure of whatever else goes wrong: nothing of it is told."""
    text = "the event could not be served"
    return Failure(code=FailureCode.INTERNAL, message=text, event=event, ref=ref)


def _is_own(error: Exception) -> TypeGuard[EventError[Any]]:
    return isinstance(error, EventError)


class Refused(NexwsError):  # noqa: N818 - the client's fault
    """An event is not handled at all, and its client is told why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure


class Failures:
    """Makes failures of exceptions, and logs those that are not the client's; never with a payload.

    A code that the handler does not declare is logged once; where ``strict``, it is not told, but ``internal``.
    """

    def __init__(self, logger: logging.Logger, *, strict: bool) -> None:
        self._logger, self._strict = logger, strict
        self._noted: set[tuple[str, str]] = set()

    def of(
        self,
        error: Exception,
        handler: Handler | None,
        event: str | None,
        ref: Ref | None,
        seconds: float = 0.0,
        *,
        what: str = "event %r was not served: its handler raised",
    ) -> Failure:
        """Say what *error* means for the event that was handled."""
        if isinstance(error, Refused):
            return error.failure
        if isinstance(error, TookTooLong):
            return self._timeout(handler, event, ref, seconds)
        if _is_own(error):
            return self._declared(error, handler, event, ref)
        if isinstance(error, LayerError):
            return self._unavailable(error, event, ref)
        self._logger.error(what, event, exc_info=error)
        return internal(event, ref)

    def _declared(
        self,
        error: EventError[Any],
        handler: Handler | None,
        event: str | None,
        ref: Ref | None,
    ) -> Failure:
        """Tell a failure of the handler's own, if it may."""
        writer = None if handler is None else handler.errors.get(error.code)
        if writer is None and error.code not in _OWN_CODES and not self._may_tell(event, error.code):
            return internal(event, ref)
        data = error.data
        if writer is not None and data is not None:
            try:
                data = writer.write_objects(data)
            except PayloadError as wrong:
                self._logger.error(
                    "event %r failed with %r, whose data: %s", event, error.code, wrong.problem
                )
                return internal(event, ref)
        return Failure(
            code=error.code,
            message=error.message,
            event=event,
            ref=ref,
            data=data,
            retryable=error.retryable,
        )

    def unwritable(self, failure: Failure) -> Failure:
        """Say the same where *failure* itself cannot be written."""
        self._logger.error(
            "event %r failed with %r, whose data cannot be written", failure.event, str(failure.code)
        )
        return internal(failure.event, failure.ref)

    def _timeout(
        self, handler: Handler | None, event: str | None, ref: Ref | None, seconds: float
    ) -> Failure:
        setting = "Limits.handler_timeout" if handler is None or handler.timeout is None else "timeout="
        self._logger.warning("event %r took longer than %g s (%s)", event, seconds, setting)
        text = f"event {event!r} took longer than {seconds:g} s"
        return Failure(code=FailureCode.TIMEOUT, message=text, event=event, ref=ref, retryable=True)

    def _unavailable(self, error: LayerError, event: str | None, ref: Ref | None) -> Failure:
        self._logger.error("event %r was not served: %s", event, error)
        text = "the event cannot be served now"
        return Failure(code=FailureCode.UNAVAILABLE, message=text, event=event, ref=ref, retryable=True)

    def _may_tell(self, event: str | None, code: str) -> bool:
        noted = str(event), code
        if self._strict:
            text = (
                "event %r failed with the code %r, which it does not declare; name its class in errors=[...]"
            )
            self._logger.error(text, *noted)
            return False
        if noted not in self._noted and len(self._noted) < _MOST_NOTED:
            self._noted.add(noted)
            text = (
                "event %r fails with the code %r, which it does not declare; name its class in errors=[...]"
            )
            self._logger.warning(text, *noted)
        return True
