"""Stops servers under 200 clients: all are warned first, then closed evenly, and the server ends in time."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from tests.brokers import Broker, find_server
from tests.servers.apps import DRAIN_TIMEOUT
from tests.servers.crowds import Guest, busiest, crowd
from tests.servers.harness import Server

CLIENTS = 200
KINDS: list[tuple[str, tuple[str, ...]]] = [
    ("nexws", ()),
    ("nexws", ("--workers", "2")),
    ("nexws", ("--drain", "5")),
    ("uvicorn-sansio", ()),
    ("uvicorn-sansio", ("--workers", "2")),
    ("uvicorn-websockets", ()),
    ("uvicorn-wsproto", ()),
]


async def stop_one(kind: str, options: tuple[str, ...], folder: Path, layer: str) -> list[str]:
    """Stop one server; gives what was wrong."""
    window = float(options[1]) if "--drain" in options else DRAIN_TIMEOUT
    server = Server(kind, folder, *options, layer=layer if "--workers" in options else None)
    try:
        server.wait_until_ready()
        async with crowd(server, CLIENTS) as guests:
            begun = time.monotonic()
            server.terminate()
        status = await asyncio.to_thread(server.wait)
        took = time.monotonic() - begun
    finally:
        server.stop()
    return report(kind, options, guests, begun=begun, window=window, status=status, took=took)


def report(
    kind: str,
    options: tuple[str, ...],
    guests: list[Guest],
    *,
    begun: float,
    window: float,
    status: int,
    took: float,
) -> list[str]:
    """Print the figures, and list what is wrong with them."""
    warnings = [each.warned_at - begun for each in guests if each.warned_at is not None]
    ends = sorted(each.closed_at - begun for each in guests)
    late = [
        abs(each.closed_at - each.warned_at - each.delay)
        for each in guests
        if each.warned_at is not None and each.delay is not None
    ]
    share, most = CLIENTS * 0.1 / window, busiest(guests, begun)
    print(
        f"{' '.join((kind, *options))}: {len(warnings)} warned within {max(warnings):.2f} s, "
        f"closed from {ends[0]:.2f} to {ends[-1]:.2f} s (window {window} s), "
        f"at most {most} in 100 ms (even share {share:.1f}), "
        f"off the told delay by {max(late) * 1000:.0f} ms at most, "
        f"ended with {status} after {took:.2f} s"
    )
    codes = {each.code for each in guests}
    checks = {
        "not everybody with events was warned": len(warnings) == sum(not each.is_plain for each in guests),
        "somebody was closed before all were warned": max(warnings) <= ends[0],
        f"the close codes are {codes}": codes == {4001},
        "too many were closed at once": most <= 2 * share,
        "the server took too long to end": took <= window + 2,
    }
    return [problem for problem, is_well in checks.items() if not is_well]


def main() -> int:
    """Stop all kinds of servers."""
    broker_server = find_server()
    if broker_server is None:
        raise SystemExit("no Redis or Valkey server found: install one, or name it in NEXWS_REDIS_BIN")
    problems = list[str]()
    with tempfile.TemporaryDirectory() as store, Broker(broker_server, Path(store)) as broker:
        for kind, options in KINDS:
            with tempfile.TemporaryDirectory() as folder:
                found = asyncio.run(stop_one(kind, options, Path(folder), broker.url))
            problems += found
            for problem in found:
                print(f"  WRONG: {problem}")
    print("all is well" if not problems else f"{len(problems)} things are wrong")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
