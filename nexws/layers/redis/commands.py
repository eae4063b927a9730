"""Asking the store: at the server that has the group, and answered or raised in time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

from redis.exceptions import (
    AskError,
    BusyLoadingError,
    ClusterDownError,
    MovedError,
    NoScriptError,
    ReadOnlyError,
    RedisError,
    TryAgainError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from nexws.errors import LayerError
from nexws.layers.redis.lanes import ENDED, Lane
from nexws.layers.redis.store import Store, named_by
from nexws.layers.redis.urls import Address

__all__ = ["Commands", "Script"]

_ELSEWHERE: Final = (
    RedisConnectionError,
    RedisTimeoutError,
    asyncio.TimeoutError,
    ReadOnlyError,
    ClusterDownError,
    OSError,
)
"""What may be so because another server serves by now."""
_AGAIN: Final = (*_ELSEWHERE, BusyLoadingError, NoScriptError, TryAgainError, AskError)
"""What may be over soon; a script that has run nevertheless must do no harm when it runs again."""
_PAUSE: Final = 0.05


@dataclass(frozen=True, slots=True)
class Script:
    """A script, and the name under which the store keeps it."""

    source: str
    sha: str
    writes: bool


class Commands:
    """Sends commands to the server that has their keys.

    Whoever asks waits for *deadline* seconds at most, retries included.
    """

    def __init__(
        self, store: Store, deadline: float, begin: Callable[[Coroutine[Any, Any, None], str], object]
    ) -> None:
        self._store, self._deadline, self._begin = store, deadline, begin
        self._lanes: dict[Address, Lane] = {}
        self._has_ended = False
        self._brought = set[str]()
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
            answer = await self._try(keys[0], command, until)
            while isinstance(answer, NoScriptError):
                answer = await self._bring(script, keys[0], command, until)
            if not isinstance(answer, Exception):
                self.trouble = "" if script.writes else self.trouble
                return answer
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

    async def _bring(self, script: Script, key: bytes, command: tuple[Any, ...], until: float) -> Any:
        """Run a script that a server does not know: the first brings it along, the others ask again behind that."""
        if script.sha in self._brought:
            return await self._try(key, command, until)
        self._brought.add(script.sha)
        try:
            return await self._try(key, ("EVAL", script.source, *command[2:]), until)
        finally:
            self._brought.discard(script.sha)

    async def publish(self, channel: bytes, message: bytes) -> Any:
        """Publish without any promise.

        Raises:
            LayerError: it is not known to be published.
        """
        word = "SPUBLISH" if self._store.is_sharded else "PUBLISH"
        until = asyncio.get_running_loop().time() + self._deadline
        answer = await self._try(channel, (word, channel, message), until)
        if isinstance(answer, Exception):
            raise LayerError(_said(answer)) from answer
        return answer

    def end(self) -> None:
        """Refuse what waits, and what comes."""
        self._has_ended = True
        for lane in self._lanes.values():
            lane.end()

    async def aclose(self) -> None:
        """Close all connections."""
        for lane in self._lanes.values():
            await lane.aclose()

    async def _try(self, key: bytes, command: tuple[Any, ...], until: float) -> Any:
        """Give what the server answers that has *key*, be it an error; the next try may be at another."""
        loop = asyncio.get_running_loop()
        address: Address | None = None
        try:
            address = await asyncio.wait_for(self._store.find(key), until - loop.time())
            try:
                return await self._lane(address).ask(command, until - loop.time())
            except AskError as error:
                if isinstance(error, MovedError):
                    raise
                there = named_by(error, address)
                return await self._lane(there).ask(command, until - loop.time(), is_redirected=True)
        except (*_AGAIN, RedisError) as error:
            if address is not None and isinstance(error, MovedError):
                self._store.move(error.slot_id, named_by(error, address))
            elif address is not None and isinstance(error, _ELSEWHERE):
                self._store.doubt(address)
            return error

    def _lane(self, address: Address) -> Lane:
        if self._has_ended:
            raise RedisConnectionError(ENDED)
        lane = self._lanes.get(address)
        if lane is None:
            lane = self._lanes[address] = Lane(self._store.client(address))
            self._begin(lane.serve(), "nexws.layer.commands")
        return lane


def _said(error: BaseException) -> str:
    if isinstance(error, asyncio.TimeoutError) and not str(error):
        return "it does not answer in time"
    return str(error).partition("\n")[0][:200] or type(error).__name__
