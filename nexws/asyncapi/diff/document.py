"""Two documents, from the outside in: what they say of themselves, servers, channels."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from nexws.asyncapi.diff.changes import Change
from nexws.asyncapi.diff.channels import channel_changes
from nexws.asyncapi.diff.parts import choices, matched, security, words
from nexws.asyncapi.diff.schemas import Schemata
from nexws.asyncapi.diff.surface import Channel, Surface
from nexws.asyncapi.references import is_object, table
from nexws.errors import DocumentError

__all__ = ["DocumentError", "diff"]


def diff(old: Any, new: Any) -> list[Change]:
    """Say what *new* changes for the clients of *old*, in the order of the documents.

    Both are AsyncAPI 3 documents whose references are local, such as ``lint`` has no errors for; the view (server's or
    client's) and the minor version may differ. What things are called that never cross the wire (channels,
    operations, components) makes no change, and neither does the order of keys or the document's own version.

    What cannot be decided counts as breaking: another ``pattern``, a keyword that is not known. ``oneOf`` is read as
    ``anyOf``. A new failure code is compatible: any event can fail in a way that its clients have no plan for.

    Raises:
        DocumentError: one of the two is no AsyncAPI 3 document.
    """
    for which, document in (("old", old), ("new", new)):
        version = document.get("asyncapi") if is_object(document) else None
        if not isinstance(version, str) or not version.startswith("3."):
            raise DocumentError(which, version)
    was, now = Surface(old), Surface(new)
    changes = (*_information(was, now), *_servers(was, now), *_channels(was, now))
    return [*dict.fromkeys(changes)]


def _information(was: Surface, now: Surface) -> Iterator[Change]:
    old, new = ({**surface.document.get("info", {})} for surface in (was, now))
    for information in (old, new):
        information.pop("version", None)
    changed = words(was, now, old, new, of_all_keys=True)
    if changed:
        yield Change("", "", "info", changed, "documentation")


def _servers(was: Surface, now: Surface) -> Iterator[Change]:
    if not was.servers or not now.servers:
        if was.servers or now.servers:
            message = f"{'now' if now.servers else 'no longer'} says where the servers are"
            yield Change("", "", "servers", message, "documentation")
        return
    pairs, gone, added = matched(
        was.servers.items(),
        now.servers.items(),
        lambda old, new: old[0] == new[0],
        lambda old, new: _url(old[1]) == _url(new[1]),
    )
    for (key, old), (_, new) in pairs:
        say = partial(Change, "", "", f"server {key}")
        if _url(old) != _url(new):
            yield say(f"was at {_url(old)}, is now at {_url(new)}", "breaking")
        variables = table(new, "variables")
        for name, variable in table(old, "variables").items():
            for message, verdict in choices(was.follow(variable), now.follow(variables.get(name, variable))):
                yield say(f"variable {{{name}}} {message}", verdict)
        for message, verdict in security(was, now, old.get("security"), new.get("security")):
            yield say(message, verdict)
        if changed := words(was, now, old, new):
            yield say(changed, "documentation")
    for key, old in gone:
        yield Change("", "", f"server {key}", f"is gone, which was at {_url(old)}", "breaking")
    for key, new in added:
        yield Change("", "", f"server {key}", f"is new, at {_url(new)}", "compatible")


def _url(server: Any) -> str:
    return f"{server.get('protocol')}://{server.get('host')}{server.get('pathname', '')}"


def _channels(was: Surface, now: Surface) -> Iterator[Change]:
    pairs, gone, added = matched(
        was.channels.values(),
        now.channels.values(),
        lambda old, new: old.key == new.key and old.path == new.path,
        lambda old, new: old.path is not None and old.path == new.path,
        lambda old, new: old.key == new.key,
    )
    schemata = Schemata(was.document, now.document)
    for old, new in pairs:
        yield from channel_changes(schemata, was, now, old, new)
    for channel in gone:
        yield Change(channel.key, "", "", f"is gone{_at(channel)}", "breaking")
    for channel in added:
        yield Change(channel.key, "", "", f"is new{_at(channel)}", "compatible")


def _at(channel: Channel) -> str:
    return f" ({channel.address})" if channel.address else ""
