"""The layer of many machines, on Redis 6.2 or newer, or Valkey. Needs the extra ``redis``."""

from __future__ import annotations

try:
    import redis.asyncio as _redis  # noqa: F401 # pyright: ignore[reportUnusedImport] - whether it is there
except ImportError as _error:
    raise ImportError('RedisLayer needs redis-py: pip install "nexws[redis]"', name=_error.name) from _error

from nexws.layers.redis.layer import RedisLayer

__all__ = ["RedisLayer"]
