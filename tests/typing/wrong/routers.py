"""Routers that are put together wrongly."""

from __future__ import annotations

from nexws import EventConsumer, EventRouter


inner = EventRouter(prefix="inner.")

EventRouter("chat.")  # wrong: the prefix is named
EventRouter(prefix=1)  # wrong: a prefix is text
EventRouter(prefix=None)  # wrong: left out, not None
EventRouter(include=inner)  # wrong: what it includes is a sequence
EventRouter(include=["inner"])  # wrong: of routers
EventRouter(includes=[inner])  # wrong: include
EventRouter(rate="5/s")  # wrong: a router has no rate
inner.prefix = "outer."  # wrong: it stays


class Shop(EventConsumer):
    include = inner  # wrong: a sequence


class Other(EventConsumer):
    include = [Shop]  # wrong: of routers
