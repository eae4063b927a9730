"""Channel layers: how what is published to a group reaches the nodes that have members of it."""

from __future__ import annotations

from nexws.layers.memory import MemoryLayer
from nexws.layers.port import ChannelLayer, Entry, Health, Page, Present, Sink
from nexws.layers.sync import SyncLayer

__all__ = ["ChannelLayer", "Entry", "Health", "MemoryLayer", "Page", "Present", "Sink", "SyncLayer"]
