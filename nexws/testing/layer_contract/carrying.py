"""What arrives of a publication: all of it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from nexws.protocol import Publication
from nexws.testing.layer_contract.bench import KEPT, Bench

__all__ = ["Carrying"]

_BODIES: tuple[str | bytes, ...] = (
    "",
    b"",
    "{}",
    "\0 line\nline \u2028 'quoted' \"twice\" \\ back",
    "ärger 群 🦊 \ue000 \U0010ffff",
    bytes(range(256)),
    b"\xff\xfe not text",
    "a" * 65_536,
    b"\0" * 65_536,
    "🦊" * 16_384,
)


def _publications() -> Iterator[Publication]:
    """Make one of each kind."""
    for body in _BODIES:
        yield Publication(consumer="chat", event="chat.said", bodies={"json": body})
    yield Publication(consumer="")
    yield Publication(consumer="a:b/c 群", event="😀", bodies={"json": "1", "msgpack": b"\x01", "": ""})
    yield Publication(consumer="chat", exclude=uuid.uuid4())
    yield Publication(consumer="chat", to=uuid.uuid4())
    yield Publication(consumer="chat", event="tick", overflow="close")
    yield Publication(consumer="chat", event="tick", overflow="drop_oldest")
    yield Publication(consumer="chat", event="tick", overflow="drop_newest")
    yield Publication(consumer="chat", event="tick", overflow="latest", key="ärger:\0")
    yield Publication(consumer="chat", event="tick", overflow="latest", key="")
    yield Publication(consumer="chat", command="disconnect")
    yield Publication(consumer="", command="disconnect", code=4999, reason="ärger\0: bye 👋")


class Carrying(Bench):
    """What arrives of a publication: all of it."""

    async def test_publications_are_delivered_whole(self) -> None:
        """Whatever is in them: text stays text, bytes stay bytes."""
        await self._carry(is_kept=False)

    async def test_publications_are_kept_whole(self) -> None:
        """What is read is what was published, and what was delivered."""
        await self._carry(is_kept=True)

    async def _carry(self, *, is_kept: bool) -> None:
        group = self.group()
        async with self.nodes(2) as (node, other):
            await node.layer.follow(group)
            for number, publication in enumerate(_publications()):
                await other.layer.publish(group, publication, retention=KEPT if is_kept else None)
                await node.gets_many(group, number + 1)
                arrived = node.delivered[number].publication
                assert arrived == publication, f"published {publication!r:.200}, delivered {arrived!r:.200}"
                _see_kinds(arrived, publication)
                if not is_kept:
                    continue
                page = await other.layer.read(group, limit=1)
                assert page.entries, f"not kept: {publication!r:.200}"
                read = page.entries[0].publication
                assert read == publication, f"published {publication!r:.200}, read {read!r:.200}"
                _see_kinds(read, publication)


def _see_kinds(arrived: Publication, publication: Publication) -> None:
    """See that bytes are ``bytes``, and no ``bytearray`` that equals them."""
    for encoding, body in publication.bodies.items():
        assert type(arrived.bodies[encoding]) is type(body), f"{arrived.bodies[encoding]!r:.100}"
