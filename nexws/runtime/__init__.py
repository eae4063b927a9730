"""One connection at a time: its life, its frames in and out, its groups."""

from __future__ import annotations

from nexws.runtime.application import Application, State
from nexws.runtime.backlog import DROPPED, Dropped, OverflowCounts
from nexws.runtime.connection import Connection
from nexws.runtime.dispatcher import Dispatcher
from nexws.runtime.drain import CLOSING, Drain
from nexws.runtime.groups import Frames, Hold, Room
from nexws.runtime.history import HistoryEntry
from nexws.runtime.hub import Hub
from nexws.runtime.inbox import Receive
from nexws.runtime.limits import Limits
from nexws.runtime.node import Node
from nexws.runtime.observers import (
    ConnectionClosed,
    ConnectionOpened,
    EventHandled,
    FrameSent,
    Hooks,
    Observer,
)
from nexws.runtime.outbox import Frame, Message, Send
from nexws.runtime.refusals import CloseRequested
from nexws.runtime.signals import drain_before_stop

__all__ = [
    "CLOSING",
    "DROPPED",
    "Application",
    "CloseRequested",
    "Connection",
    "ConnectionClosed",
    "ConnectionOpened",
    "Dispatcher",
    "Drain",
    "Dropped",
    "EventHandled",
    "Frame",
    "FrameSent",
    "Frames",
    "HistoryEntry",
    "Hold",
    "Hooks",
    "Hub",
    "Limits",
    "Message",
    "Node",
    "Observer",
    "OverflowCounts",
    "Receive",
    "Room",
    "Send",
    "State",
    "drain_before_stop",
]
