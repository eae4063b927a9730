"""Settings of an application that do not exist, or are of another type."""

from __future__ import annotations

from nexios import NexiosApp

from nexws import EventContext, Limits, Nexws


def returns_text(event: EventContext) -> str:
    return "no"


app = NexiosApp()
Nexws()  # wrong: of which application
Nexws("app")  # wrong: no application
Nexws(app, Limits())  # wrong: limits are named
Nexws(app, limit=Limits())  # wrong: limits
Nexws(app, limits={"frame_bytes": 1024})  # wrong: no dictionary
Nexws(app, event_middlewares=[])  # wrong: event_middleware
Nexws(app, guards=[returns_text])  # wrong: text is no decision
Nexws(app, guards=returns_text)  # wrong: a sequence
Nexws(app, auth=["jwt"])  # wrong: no backend
Nexws(app, user_model=dict)  # wrong: no user
Nexws(app, strict="yes")  # wrong: a boolean
Limits(frame_size=1024)  # wrong: frame_bytes
Limits(1024)  # wrong: a limit is named
Limits(frame_bytes=1.5)  # wrong: a whole number
Limits(send_timeout="10")  # wrong: seconds
Limits().frame_bytes = 1024  # wrong: it is frozen
Nexws(app).limits.frames  # wrong: no such limit
