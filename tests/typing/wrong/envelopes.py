"""Envelopes of other parts, or of other types."""

from __future__ import annotations

from nexws import Envelope, EventConsumer


Envelope("type")  # wrong: a part is named
Envelope(event=1)  # wrong: a key is text
Envelope(event=None)  # wrong: each frame has its event
Envelope(ref=None)  # wrong: only data may be flat
Envelope(data=False)  # wrong: None for flat
Envelope(type="event")  # wrong: event="type"
Envelope(id="ref")  # wrong: ref="id"
Envelope().event = "type"  # wrong: it is frozen
Envelope().is_flat = True  # wrong: it is read


class Flat(EventConsumer):
    envelope = {"data": None}  # wrong: no dictionary


class Wrapped(EventConsumer):
    envelope = Envelope  # wrong: an instance


class Spoken(EventConsumer):
    encoding = 1  # wrong: a word
