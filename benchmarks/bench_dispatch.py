"""What nexws adds to one event, in process: no server, no network.

The floor is pydantic-core's own ``validate_json`` of the same frame with the same union of events. Each round
measures everything once, in turn; the figures are medians over the rounds, and the ratios are what to compare.
"""

from __future__ import annotations

import logging
import statistics
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from nexios.dependencies import Depend
from pydantic import BaseModel, create_model
from pydantic_core import SchemaValidator

from nexws import CallNext, EventConsumer, EventContext, Limits, on
from nexws.consumer import NexiosFramework
from nexws.events import Contract
from nexws.events.received import schema_of, union_type
from nexws.protocol import Envelope
from nexws.runtime import Connection, Dispatcher

ROUNDS, EVENTS = 15, 20_000
FRAME = '{"event":"chat.message","data":{"room":"r1","text":"hello world","user_id":17},"ref":"1"}'
NO_REF = FRAME.replace(',"ref":"1"', "")
WRONG = FRAME.replace("17", '"x"')


class Message(BaseModel):
    room: str
    text: str
    user_id: int


class Receipt(BaseModel):
    length: int


def other(number: int) -> Any:
    """Make one of the events that are there beside the measured ones."""

    async def handler(self: Any, data: Any) -> None: ...

    model = create_model(f"Message{number}", room=(str, ...), text=(str, ...), user_id=(int, ...))
    return on(f"event.kind{number}", schema=model)(handler)


def limit() -> int:
    """Provide a number."""
    return 10


def everybody(event: EventContext) -> bool:
    """Let everybody through."""
    return True


async def around(event: EventContext, call_next: CallNext) -> Any:
    """Go on."""
    return await call_next(event)


class Chat(EventConsumer):
    """Twenty events, as in a small product."""

    @on("chat.message", schema=Message)
    async def message(self, data: Message) -> None: ...

    @on("chat.receipt", schema=Message, reply=Receipt)
    async def receipt(self, data: Message) -> Receipt:
        return Receipt(length=len(data.text))

    @on("chat.dependent", schema=Message)
    async def dependent(
        self,
        data: Message,
        event: EventContext,
        limit: int = Depend(limit),  # type: ignore[assignment]
    ) -> None: ...

    @on("chat.guarded", schema=Message, guards=[everybody], middleware=[around])
    async def guarded(self, data: Message) -> None: ...

    @on(
        "chat.everything",
        schema=Message,
        reply=Receipt,
        guards=[everybody],
        middleware=[around],
        rate="1000000000/s",
    )
    async def everything(
        self,
        data: Message,
        limit: int = Depend(limit),  # type: ignore[assignment]
    ) -> Receipt:
        return Receipt(length=len(data.text))

    locals().update({f"other{number}": other(number) for number in range(15)})


CONTRACT = Contract("Chat", Chat.events, Chat.pushes, Envelope())
VALIDATE = SchemaValidator(
    schema_of(union_type({name: each.schema for name, each in Chat.events.items()}, Envelope()))
).validate_json


async def never(*_: Any) -> Any:
    """Stand in for a server that these events do not need."""


def dispatching(frame: str) -> Callable[[], object]:
    """Dispatch *frame* as a connection does; handlers here never wait, so one step runs them to their end."""
    dispatcher = Dispatcher(CONTRACT, Limits(), logging.getLogger("nexws"), (), NexiosFramework())
    consumer, connection = Chat(), Connection(never, never, Limits())
    websocket = SimpleNamespace(scope={})

    def dispatch() -> object:
        answer = dispatcher.dispatch(consumer, websocket, connection, frame)
        if answer is None or isinstance(answer, (str, bytes)):
            return answer
        try:
            answer.send(None)
        except StopIteration as done:
            return done.value
        raise RuntimeError("a handler waited")

    if '"internal"' in str(dispatch()):
        raise RuntimeError("a handler failed")
    return dispatch


def time_of(call: Callable[[], object]) -> float:
    """Give the nanoseconds of one call."""
    began = time.perf_counter()
    for _ in range(EVENTS):
        call()
    return (time.perf_counter() - began) / EVENTS * 1e9


def main() -> None:
    """Print a table."""
    subjects: dict[str, Callable[[], object]] = {
        "validate_json of the frame (floor)": lambda: VALIDATE(FRAME),
        "dispatch, empty handler, ref": dispatching(FRAME),
        "dispatch, empty handler, no ref": dispatching(NO_REF),
        "dispatch, typed reply": dispatching(FRAME.replace("chat.message", "chat.receipt")),
        "dispatch, the event and a dependency": dispatching(FRAME.replace("chat.message", "chat.dependent")),
        "dispatch, a guard and a middleware": dispatching(FRAME.replace("chat.message", "chat.guarded")),
        "dispatch, all of them, rate and reply": dispatching(
            FRAME.replace("chat.message", "chat.everything")
        ),
        "dispatch, invalid payload": dispatching(WRONG),
    }
    times: dict[str, list[float]] = {name: [] for name in subjects}
    for _ in range(ROUNDS):
        for name, call in subjects.items():
            times[name].append(time_of(call))
    medians = {name: statistics.median(found) for name, found in times.items()}
    floor, bare = list(medians.values())[:2]
    print(f"{'':38} {'median':>10}   floor    bare")
    for name, median in medians.items():
        print(f"{name:38} {median:7.0f} ns   x {median / floor:5.2f}  x {median / bare:5.2f}")


if __name__ == "__main__":
    main()
