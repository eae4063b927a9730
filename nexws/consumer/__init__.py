"""The two consumers, and their route."""

from __future__ import annotations

from nexws.consumer.base import WebSocketConsumer
from nexws.consumer.dependencies import NexiosFramework
from nexws.consumer.events import EventConsumer
from nexws.consumer.history import BoundHistory, History
from nexws.consumer.presence import BoundPresence, Presence, PresenceChange
from nexws.consumer.registry import STATE_KEY, Registry, Settings
from nexws.consumer.route import ConsumerRoute
from nexws.consumer.socket import Channel

__all__ = [
    "STATE_KEY",
    "BoundHistory",
    "BoundPresence",
    "Channel",
    "ConsumerRoute",
    "EventConsumer",
    "History",
    "NexiosFramework",
    "Presence",
    "PresenceChange",
    "Registry",
    "Settings",
    "WebSocketConsumer",
]
