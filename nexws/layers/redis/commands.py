"""Asking the store: what is asked in one turn of the loop goes out together, and is answered or raised in time."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import BusyLoadingError, NoScriptError, ReadOnlyError, RedisError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from nexws.errors import LayerError

__all__ = ["Commands", "Script"]

_AGAIN: Final = (
    RedisConnectionError,
    RedisTimeoutError,
    BusyLoadingError,
    ReadOnlyError,
    NoScriptError,
    OSError,
)
"""What may be over soon; a script that has run nevertheless must do no harm when it runs again."""
_PAUSE: Final = 0.05
_MOST_AT_ONCE: Final = 512
_ENDED: Final = "it has been stopped"


@dataclass(frozen=True, slots=True)
class Script:
    """A script, and the name under which the store keeps it."""

    source: str
    sha: str
    writes: bool


@dataclass(slots=True)
class _Asked:
    command: tuple[Any, ...]
    answer: asyncio.Future[Any] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Commands:
    """Sends commands in the order in which they are asked for, many at a time.

    Whoever asks waits for *deadline* seconds at most, retries included.
    """

    def __init__(self, client: Redis, deadline: float) -> None:
        self._client, self._deadline = client, deadline
        self._waiting: deque[_Asked] = deque()
        self._something = asyncio.Event()
        self._has_ended = False
        self.trouble: str = ""
        """Why the last script that writes has not run; empty where it has."""

    async def run(self, script: Script, keys: tuple[bytes, ...], *arguments: Any, tries: bool = True) -> Any:
        """Run a script that may run twice; again, as long as it *tries*, where that may help.

        Raises:
            LayerError: it is not known to have run.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + self._deadline
        command: tuple[Any, ...] = ("EVALSHA", script.sha, len(keys), *keys, *arguments)
        pause, said = _PAUSE, ""
        while True:
            answer = await self._try(command, until - loop.time())
            if not isinstance(answer, Exception):
                self.trouble = "" if script.writes else self.trouble
                return answer
            if isinstance(answer, NoScriptError):
                command = ("EVAL", script.source, len(keys), *keys, *arguments)
                continue
            if not (
                said and isinstance(answer, asyncio.TimeoutError)
            ):  # which says less than what was before it
                said = _said(answer)
            pause = random.uniform(_PAUSE / 2, pause * 2)
            tries = tries and not self._has_ended
            if not tries or not isinstance(answer, _AGAIN) or loop.time() + pause >= until:
                self.trouble = said if script.writes else self.trouble
                raise LayerError(said) from answer
            await asyncio.sleep(pause)

    async def _try(self, command: tuple[Any, ...], seconds: float) -> Any:
        try:
            return await self._ask(command, seconds)
        except (*_AGAIN, RedisError, asyncio.TimeoutError) as error:
            return error

    async def publish(self, channel: bytes, message: bytes) -> Any:
        """Publish without any promise.

        Raises:
            LayerError: it is not known to be published.
        """
        try:
            return await self._ask(("PUBLISH", channel, message), self._deadline)
        except (*_AGAIN, RedisError, asyncio.TimeoutError) as error:
            raise LayerError(_said(error)) from error

    async def serve(self) -> None:
        """Send what is asked for, until cancelled."""
        while True:
            await self._something.wait()
            self._something.clear()
            while self._waiting:
                await self._send()

    def end(self) -> None:
        """Refuse what waits, and what comes."""
        self._has_ended = True
        _refuse(self._waiting)
        self._waiting.clear()

    async def _ask(self, command: tuple[Any, ...], seconds: float) -> Any:
        if self._has_ended:
            raise RedisConnectionError(_ENDED)
        asked = _Asked(command)
        self._waiting.append(asked)
        self._something.set()
        try:
            return await asyncio.wait_for(asked.answer, seconds)
        finally:
            if not asked.answer.done():
                asked.answer.cancel()

    async def _send(self) -> None:
        batch: list[_Asked] = []
        while self._waiting and len(batch) < _MOST_AT_ONCE:
            asked = self._waiting.popleft()
            if not asked.answer.done():  # whoever asked may not want it any more
                batch.append(asked)
        if not batch:
            return
        try:
            pipe: Any = self._client.pipeline(transaction=False)
            async with pipe:
                for asked in batch:
                    pipe.execute_command(*asked.command)
                answers: list[Any] = await pipe.execute(raise_on_error=False)
        except (*_AGAIN, RedisError) as error:
            answers = [error] * len(batch)
        except asyncio.CancelledError:
            _refuse(batch)  # or they would wait for their deadline
            raise
        for asked, answer in zip(batch, answers, strict=True):
            if asked.answer.done():
                continue
            if isinstance(answer, Exception):
                asked.answer.set_exception(answer)
            else:
                asked.answer.set_result(answer)


def _refuse(several: Iterable[_Asked]) -> None:
    for asked in several:
        if not asked.answer.done():
            asked.answer.set_exception(RedisConnectionError(_ENDED))


def _said(error: BaseException) -> str:
    return str(error).partition("\n")[0][:200] or type(error).__name__
