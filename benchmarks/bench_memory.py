"""What an idle connection in a group costs in memory, under uvicorn, beside a bare ASGI WebSocket's.

Each is measured in a fresh server: what it has grown by with 2000 more clients, after a collection of garbage. Ends
with 1 where a connection costs more than one and a half times as much.
"""

from __future__ import annotations

import resource
import statistics

import uvloop

from benchmarks.bench_broadcast import BROADCASTS, gather_members
from tests.soak.serving import Server, Verdict

ROUNDS, FIRST, MORE = 3, 200, 2000


async def measure(server: Server, subject: str) -> float:
    """Give the bytes of one connection."""
    await gather_members(server, f"/{subject}/lobby", FIRST)  # what is made once, is made
    before = server.ask("/garbage")["rss"]
    await gather_members(server, f"/{subject}/lobby", MORE)
    return float(server.ask("/garbage")["rss"] - before) / MORE


def main() -> None:
    """Print the figures."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    found: dict[str, list[float]] = {subject: [] for subject in BROADCASTS}
    for _ in range(ROUNDS):
        for subject, sizes in found.items():
            with Server("benchmarks.bench_broadcast:app") as server:
                sizes.append(uvloop.run(measure(server, subject)))
    medians = {subject: statistics.median(sizes) for subject, sizes in found.items()}
    for subject, median in medians.items():
        print(f"{subject:8} {median / 1024:6.1f} KiB a connection")
    ratio = medians["nexws"] / medians["bare"]
    verdict = Verdict()
    verdict.check(
        "memory of an idle connection", f"x {ratio:.2f}", wanted="x 1.5 at most", is_well=ratio <= 1.5
    )
    verdict.exit()


if __name__ == "__main__":
    main()
