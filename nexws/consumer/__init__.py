"""The two consumers, and their route."""

from __future__ import annotations

from nexws.consumer.base import WebSocketConsumer
from nexws.consumer.dependencies import NexiosFramework
from nexws.consumer.events import EventConsumer
from nexws.consumer.registry import STATE_KEY, Registry, Settings
from nexws.consumer.route import ConsumerRoute
from nexws.consumer.socket import Channel

__all__ = [
    "STATE_KEY",
    "Channel",
    "ConsumerRoute",
    "EventConsumer",
    "NexiosFramework",
    "Registry",
    "Settings",
    "WebSocketConsumer",
]
