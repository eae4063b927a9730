"""What the schemas of an AsyncAPI document cost.

The floor is the time in which Pydantic generates its own schemas of the same models, converted to nothing and named
as Pydantic names them. Each round measures everything once, in turn; the figures are medians over the rounds.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field, create_model
from pydantic.json_schema import models_json_schema

from nexws.asyncapi import Schemas

ROUNDS, MODELS = 7, 300
Mode = Literal["validation", "serialization"]
Use = tuple[type[BaseModel], Mode]


def models() -> list[type[BaseModel]]:
    """Make models of the size of payloads; two of three refer to the one before."""
    made: list[type[BaseModel]] = []
    for number in range(MODELS):
        fields: dict[str, Any] = {
            "id": (int, ...),
            "text": (str, Field(min_length=1, max_length=500)),
            "at": (datetime | None, None),
            "tags": (list[str], Field(default_factory=list)),
            "kind": (Literal["a", "b"], "a"),
            "score": (float, 0.5),
            "pair": (tuple[int, str], (1, "x")),
        }
        if number % 3:
            before: Any = made[-1]
            fields |= {"inner": (before, ...), "many": (dict[str, before], ...)}
        made.append(create_model(f"Model{number}", **fields))
    return made


def describe(uses: list[Use]) -> None:
    """Describe everything as a document has it."""
    schemas = Schemas()
    for model, mode in uses:
        schemas.add(model, mode=mode, where="benchmark")
    schemas.describe()


def seconds(work: Callable[[list[Use]], object], uses: list[Use]) -> float:
    """Measure one call."""
    start = time.perf_counter()
    work(uses)
    return time.perf_counter() - start


def main() -> None:
    """Print the times and their ratio for models that are read, written, and both."""
    made = models()
    directions: dict[str, list[Mode]] = {
        "read": ["validation"],
        "written": ["serialization"],
        "both": ["validation", "serialization"],
    }
    for name, modes in directions.items():
        uses: list[Use] = [(model, mode) for model in made for mode in modes]
        rounds = [(seconds(models_json_schema, uses), seconds(describe, uses)) for _ in range(ROUNDS)]
        floor, ours = (statistics.median(each) for each in zip(*rounds, strict=True))
        print(
            f"{MODELS} models {name:8} pydantic {floor * 1e3:5.0f} ms, nexws {ours * 1e3:5.0f} ms: {ours / floor:.2f}"
        )


if __name__ == "__main__":
    main()
