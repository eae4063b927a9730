"""Numbers about what happens on connections."""

from collections import Counter

from nexios import NexiosApp

from nexws import ConnectionClosed, ConnectionOpened, EventConsumer, EventHandled, Nexws, Observer, on


# --8<-- [start:program]
class Metrics(Observer):
    def __init__(self) -> None:
        self.connected = 0
        self.events: Counter[tuple[str, str]] = Counter()
        self.slowest = 0.0

    def opened(self, detail: ConnectionOpened, /) -> None:
        self.connected += 1

    def handled(self, detail: EventHandled, /) -> None:
        self.events[detail.handler or "none", detail.outcome] += 1
        self.slowest = max(self.slowest, detail.seconds)

    def closed(self, detail: ConnectionClosed, /) -> None:
        self.connected -= 1


class Calculator(EventConsumer):
    @on("divide")
    async def divide(self, numbers: tuple[float, float]) -> float:
        return numbers[0] / numbers[1]


metrics = Metrics()
app = NexiosApp()
Nexws(app, observers=[metrics])
app.add_ws_route(Calculator.as_route("/calculator"))
# --8<-- [end:program]
