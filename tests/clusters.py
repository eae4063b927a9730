"""Several servers for tests: a master behind sentinels, and a cluster."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from redis.crc import key_slot

from tests.brokers import Broker

__all__ = [
    "MASTER",
    "Cluster",
    "SentinelBroker",
    "cluster_server",
    "running_cluster",
    "running_sentinels",
    "wait_until",
]

MASTER: Final = "mymaster"
_PATIENCE: Final = 20.0
_SLOTS: Final = 16_384
_SENTINEL: Final = """
bind 127.0.0.1
port {port}
dir {folder}
logfile {folder}/server.log
sentinel monitor {master} 127.0.0.1 {watched} 2
sentinel down-after-milliseconds {master} 500
sentinel failover-timeout {master} 3000
"""


class SentinelBroker(Broker):
    """A sentinel that watches the server at a port."""

    def __init__(self, server: Path, folder: Path, watched: int) -> None:
        super().__init__(server, folder)
        path = folder / "sentinel.conf"
        path.write_text(
            _SENTINEL.format(port=self.port, folder=folder, master=MASTER, watched=watched), encoding="utf-8"
        )
        self._command = [str(server), str(path), "--sentinel"]

    def sees(self, replicas: int, sentinels: int) -> bool:
        """Tell whether it knows so many replicas and other sentinels."""
        said: Any = self.command("SENTINEL", "MASTER", MASTER)
        return (int(said["num-slaves"]), int(said["num-other-sentinels"])) == (replicas, sentinels)


@contextmanager
def running_sentinels(
    server: Path, folder: Path, *, ready: bool
) -> Iterator[tuple[Broker, Broker, Sequence[SentinelBroker]]]:
    """Run a master, a replica of it, and three sentinels, which are *ready* to replace it once they know of all."""
    with ExitStack() as stack:
        master, replica = (
            stack.enter_context(Broker(server, _made(folder / name))) for name in ("master", "replica")
        )
        replica.replicate(master.port)
        sentinels = [
            stack.enter_context(SentinelBroker(server, _made(folder / f"sentinel-{number}"), master.port))
            for number in range(3)
        ]
        if ready:
            wait_until(lambda: all(each.sees(1, 2) for each in sentinels), "sentinels that know each other")
        yield master, replica, sentinels


class Cluster:
    """Servers that share the slots."""

    def __init__(self, servers: Sequence[Broker]) -> None:
        self.servers: Sequence[Broker] = servers
        share = _SLOTS // len(servers) + 1
        for number, each in enumerate(servers):
            last = min(_SLOTS, (number + 1) * share) - 1
            each.command("CLUSTER", "ADDSLOTSRANGE", number * share, last)
            each.command("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        for each in servers[1:]:
            port, bus = servers[0].port, servers[0].bus_port
            each.command("CLUSTER", "MEET", "127.0.0.1", port, bus)
        wait_until(lambda: all(self._is_well(each) for each in servers), "a cluster that is well")

    @property
    def url(self) -> str:
        """Where it is, for a layer."""
        return f"redis+cluster://127.0.0.1:{self.servers[0].port}"

    def owner(self, channel: str) -> Broker:
        """Find the server that has *channel*."""
        slot = key_slot(channel.encode())
        for first, last, master in (each[:3] for each in self._slots()):
            if first <= slot <= last:
                return next(each for each in self.servers if each.port == int(master[1]))
        raise AssertionError(f"nobody has slot {slot}")

    def replicate(self, master: Broker, replica: Broker) -> None:
        """Add a server that takes over where *master* is gone; returns once it has what that has."""
        here = master.command("CLUSTER", "MYID")
        replica.command("CLUSTER", "MEET", "127.0.0.1", master.port, master.bus_port)
        self.servers = (*self.servers, replica)
        wait_until(lambda: all(self._is_well(each) for each in self.servers), "a cluster that is well")
        replica.command("CLUSTER", "REPLICATE", here)
        replica.wait_for("master_link_status", "up")

    def move(self, channel: str, target: Broker) -> None:
        """Move the slot of *channel*, with what is in it, as a resharding does."""
        self.begin_to_move(channel, target)
        slot, there = key_slot(channel.encode()), target.command("CLUSTER", "MYID")
        for each in (target, *self.servers):
            each.command("CLUSTER", "SETSLOT", slot, "NODE", there)

    def begin_to_move(self, channel: str, target: Broker) -> None:
        """Move what is in the slot of *channel*, but not the slot."""
        slot, source = key_slot(channel.encode()), self.owner(channel)
        there, here = (each.command("CLUSTER", "MYID") for each in (target, source))
        target.command("CLUSTER", "SETSLOT", slot, "IMPORTING", here)
        source.command("CLUSTER", "SETSLOT", slot, "MIGRATING", there)
        while keys := source.command("CLUSTER", "GETKEYSINSLOT", slot, 100):
            source.command("MIGRATE", "127.0.0.1", target.port, "", 0, 5000, "KEYS", *keys)

    def _is_well(self, server: Broker) -> bool:
        info: list[str] = str(server.command("CLUSTER", "INFO")).split()
        return {"cluster_state:ok", f"cluster_known_nodes:{len(self.servers)}"} <= set(info)

    def _slots(self) -> list[Any]:
        living = next(each for each in self.servers if each.is_running)
        return list(living.command("CLUSTER", "SLOTS"))


@contextmanager
def running_cluster(server: Path, folder: Path, *, masters: int = 3) -> Iterator[Cluster]:
    """Run a cluster of so many masters."""
    with ExitStack() as stack:
        made = (cluster_server(server, folder / f"node-{number}") for number in range(masters))
        yield Cluster([stack.enter_context(each) for each in made])


def cluster_server(server: Path, folder: Path) -> Broker:
    """Make a server that may be one of a cluster; it has to be started."""
    made = Broker(server, _made(folder))
    made.options = [
        *("--cluster-enabled", "yes", "--cluster-node-timeout", "1000"),
        *("--cluster-require-full-coverage", "no", "--cluster-port", f"{made.bus_port}"),
    ]
    return made


def wait_until(check: Any, what: str) -> None:
    """Return once it is true."""
    deadline = time.monotonic() + _PATIENCE
    while not check():
        assert time.monotonic() < deadline, f"not within {_PATIENCE} s: {what}"
        time.sleep(0.02)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
