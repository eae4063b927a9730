"""Limits for a game that sends little and often."""

from nexios import NexiosApp

from nexws import Limits, Nexws, WebSocketConsumer


class Positions(WebSocketConsumer):
    encoding = "bytes"


# --8<-- [start:program]
app = NexiosApp()
ws = Nexws(app, limits=Limits(frame_bytes=4096, outbox_bytes=128 * 1024, send_timeout=2.0))
# --8<-- [end:program]
app.add_ws_route(Positions.as_route("/positions"))
