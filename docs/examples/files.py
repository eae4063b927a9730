"""A handler that is not async: it may block."""

from pathlib import Path

from anyio import from_thread
from nexios import NexiosApp

from nexws import EventConsumer, emits, on

FILE = Path(__file__)  # stands for a large file


# --8<-- [start:sync]
class Files(EventConsumer):
    found = emits("file.found", str)

    @on("file.search")
    def search(self, word: str) -> int:
        lines = [line for line in FILE.read_text().splitlines() if word in line]
        for line in lines:
            from_thread.run(self.found.send, line)
        return len(lines)


# --8<-- [end:sync]

app = NexiosApp()
app.add_ws_route(Files.as_route("/files"))
