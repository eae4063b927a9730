"""The layer of many machines, on Redis 6.2 or newer, or Valkey. Needs the extra ``redis``."""

from __future__ import annotations

from nexws.layers.redis.layer import RedisLayer

__all__ = ["RedisLayer"]
