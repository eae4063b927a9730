"""Failures that are part of a contract."""

from nexios import NexiosApp
from pydantic import BaseModel

from nexws import EventConsumer, EventError, Nexws, on


# --8<-- [start:declare]
class Capacity(BaseModel):
    members: int


class GroupFull(EventError[Capacity]):
    """The group is full."""

    code = "group_full"
    retryable = True


class NotInvited(EventError[None]):
    """This group is for those who are invited."""

    code = "not_invited"


class Groups(EventConsumer):
    errors = [NotInvited]  # of each handler of the class

    @on("group.join", errors=[GroupFull])
    async def join(self, group: str) -> None:
        if group == "tea":
            raise GroupFull(data=Capacity(members=12))
        if group == "board":
            raise NotInvited("the board meets alone")
        raise EventError("no_such_group", "not declared, so not told")


app = NexiosApp()
Nexws(app, strict=True)
app.add_ws_route(Groups.as_route("/groups"))
# --8<-- [end:declare]
