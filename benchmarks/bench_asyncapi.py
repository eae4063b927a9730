"""What the AsyncAPI document of an application costs.

The floor is the time in which Pydantic generates its own schemas of the same models, in the same directions: converted
to nothing, and without a message or an operation. Each round measures both, in turn; the figures are medians over the
rounds, and the ratio is that of the medians.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

from nexios import NexiosApp
from pydantic import BaseModel, Field, create_model
from pydantic.json_schema import models_json_schema

from nexws import EventConsumer, build_asyncapi, emits, on

ROUNDS, EVENTS = 9, 300
Use = tuple[type[BaseModel], Literal["validation", "serialization"]]


def model(name: str, before: type[BaseModel] | None) -> type[BaseModel]:
    """Make a model of the size of a payload, which may refer to another."""
    fields: dict[str, Any] = {
        "id": (int, ...),
        "text": (str, Field(min_length=1, max_length=500)),
        "at": (datetime | None, None),
        "tags": (list[str], Field(default_factory=list)),
        "kind": (Literal["a", "b"], "a"),
    }
    if before is not None:
        many: Any = list[before]  # type: ignore[valid-type] # made here
        fields |= {"inner": (before, ...), "many": (many, ...)}
    return create_model(name, **fields)


def make() -> tuple[NexiosApp, list[Use]]:
    """Make an application with so many events, each with a payload and a reply, and one push for three of them."""
    members: dict[str, Any] = {"__module__": __name__}
    uses: list[Use] = []
    before: type[BaseModel] | None = None
    for number in range(EVENTS):
        taken, given = model(f"Taken{number}", before), model(f"Given{number}", None)
        before = taken if number % 3 else None

        async def handler(self: Any, data: Any) -> Any:
            """Serve it."""

        mark: Any = on(f"event.{number}", schema=taken, reply=given)
        members[f"event_{number}"] = mark(handler)
        uses.append((taken, "validation"))
        uses.append((given, "serialization"))
        if number % 3 == 0:
            members[f"push_{number}"] = emits(f"push.{number}", given)
            uses.append((given, "serialization"))
    app = NexiosApp(title="Benchmark", version="1")
    consumer: type[EventConsumer] = type("Benchmark", (EventConsumer,), members)
    app.add_ws_route(consumer.as_route("/"))
    return app, uses


def seconds(work: Callable[[], object]) -> float:
    """Measure one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    """Print the times and their ratio."""
    app, uses = make()
    rounds = [
        (seconds(lambda: models_json_schema(uses)), seconds(lambda: build_asyncapi(app)))
        for _ in range(ROUNDS)
    ]
    floor, ours = (statistics.median(each) for each in zip(*rounds, strict=True))
    size = len(build_asyncapi(app)["components"]["messages"])
    print(
        f"{EVENTS} events, {size} messages: pydantic's schemas {floor * 1e3:.0f} ms, "
        f"the document {ours * 1e3:.0f} ms: {ours / floor:.2f}"
    )


if __name__ == "__main__":
    main()
