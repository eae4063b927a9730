"""What the URL of a store says."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit

from redis.asyncio.connection import parse_url

from nexws.errors import StoreUrlError

__all__ = ["Address", "StoreUrl"]

Address = tuple[str, int]
"""A host and a port."""

_PORTS: Final = {"": 6379, "sentinel": 26379, "cluster": 6379}
"""What a URL may lead to, and the usual port there."""
_EXAMPLES: Final = {
    "": "redis://host:6379/0",
    "sentinel": "redis+sentinel://host:26379,host:26379/master/0",
    "cluster": "redis+cluster://host:6379,host:6379",
}


class StoreUrl:
    """The parts of a URL: redis-py's, or one with ``+sentinel`` or ``+cluster`` behind the scheme and several hosts.

    Raises:
        StoreUrlError: it cannot be used; the text has none of it, for it may have a password in it.
    """

    def __init__(self, url: str) -> None:
        try:
            self._read(urlsplit(url))
        except ValueError:
            raise StoreUrlError("it cannot be read", _EXAMPLES[""]) from None

    def _read(self, split: SplitResult) -> None:
        scheme, _, kind = split.scheme.partition("+")
        if scheme not in ("redis", "rediss", "unix") or kind not in _PORTS or (kind and scheme == "unix"):
            raise StoreUrlError("its scheme is not known", _EXAMPLES[""])
        user, at, hosts = split.netloc.rpartition("@")
        path, query = split.path, dict(parse_qsl(split.query))
        self.kind: str = kind
        self.shown: str = f"{split.scheme}://{hosts}{split.path}"
        """The URL without what is secret in it."""
        self.master: str = ""
        """The name by which sentinels know the master."""
        if kind == "sentinel":
            name, _, database = path.strip("/").partition("/")
            self.master, path = unquote(name), f"/{database}"
            if not name:
                raise StoreUrlError("it does not name the master", _EXAMPLES[kind])
        self.sentinels: dict[str, str] = {
            name: query.pop(f"sentinel_{name}")
            for name in ("username", "password")
            if f"sentinel_{name}" in query
        }
        """Who asks the sentinels, where they want to know."""
        host = "first" if kind else hosts
        self.options: dict[str, Any] = {**parse_url(f"{scheme}://{user}{at}{host}{path}?{urlencode(query)}")}
        """How redis-py connects to a server."""
        if kind == "cluster" and self.options.get("db"):
            raise StoreUrlError("it names a database, which clusters do not have", _EXAMPLES[kind])
        self.addresses: list[Address] = (
            [_address(each, _PORTS[kind]) for each in hosts.split(",")] if kind else []
        )
        """Of the sentinels, or of some servers of the cluster."""


def _address(text: str, usual: int) -> Address:
    split = urlsplit(f"//{text}")
    return split.hostname or "localhost", split.port or usual
