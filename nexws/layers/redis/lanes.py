"""One server's commands: what is asked in one turn of the loop goes out together."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

__all__ = ["ENDED", "Lane"]

ENDED: Final = "it has been stopped"

_MOST_AT_ONCE: Final = 512


@dataclass(slots=True)
class _Asked:
    command: tuple[Any, ...]
    is_redirected: bool
    answer: asyncio.Future[Any] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Lane:
    """Sends commands to one server in the order in which they are asked for, many at a time."""

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._waiting: deque[_Asked] = deque()
        self._something = asyncio.Event()
        self._has_ended = False

    async def ask(self, command: tuple[Any, ...], seconds: float, *, is_redirected: bool = False) -> Any:
        """Give the answer, or raise it; *is_redirected* where another server has sent us here this once."""
        if self._has_ended:
            raise RedisConnectionError(ENDED)
        asked = _Asked(command, is_redirected)
        self._waiting.append(asked)
        self._something.set()
        try:
            return await asyncio.wait_for(asked.answer, seconds)
        finally:
            if not asked.answer.done():
                asked.answer.cancel()

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

    async def aclose(self) -> None:
        """Close the connections."""
        with suppress(Exception):
            await self._client.aclose()

    async def _send(self) -> None:
        batch: list[_Asked] = []
        while self._waiting and len(batch) < _MOST_AT_ONCE:
            asked = self._waiting.popleft()
            if not asked.answer.done():  # whoever asked may not want it any more
                batch.append(asked)
        if not batch:
            return
        answers: Iterator[Any]
        try:
            pipe: Any = self._client.pipeline(transaction=False)
            async with pipe:
                for asked in batch:
                    if asked.is_redirected:
                        pipe.execute_command("ASKING")
                    pipe.execute_command(*asked.command)
                answers = iter(await pipe.execute(raise_on_error=False))
        except (OSError, RedisError) as error:
            answers = repeat(error)
        except asyncio.CancelledError:
            _refuse(batch)  # or they would wait for their deadline
            raise
        for asked in batch:
            if asked.is_redirected:
                next(answers)
            answer = next(answers)
            if asked.answer.done():
                continue
            if isinstance(answer, Exception):
                asked.answer.set_exception(answer)
            else:
                asked.answer.set_result(answer)


def _refuse(several: Iterable[_Asked]) -> None:
    for asked in several:
        if not asked.answer.done():
            asked.answer.set_exception(RedisConnectionError(ENDED))
