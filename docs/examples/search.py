"""Search while the user types: only the newest question counts."""

import anyio
from nexios import NexiosApp

from nexws import EventConsumer, on

TITLES = ["Dracula", "Dune", "Emma"]


async def look_up(words: str) -> list[str]:
    """Stands for a search engine, which needs very long for some questions."""
    await anyio.sleep(60 if words == "*" else 0.1)
    return [title for title in TITLES if title.lower().startswith(words)]


class Search(EventConsumer):
    # --8<-- [start:latest]
    @on("search.find", concurrency="latest", timeout=0.5)
    async def find(self, words: str) -> list[str]:
        return await look_up(words)

    # --8<-- [end:latest]


app = NexiosApp()
app.add_ws_route(Search.as_route("/search"))
