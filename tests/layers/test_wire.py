"""Publications as bytes: what one version has written another can read, or passes over."""

from __future__ import annotations

import uuid

import pytest

from nexws.layers.wire import pack_publication, unpack_publication
from nexws.protocol import Publication


@pytest.mark.parametrize(
    "publication",
    [
        pytest.param(Publication(consumer=""), id="nothing"),
        pytest.param(
            Publication(
                consumer="Chat",
                event="posted",
                bodies={"json": '{"text":"é\\n"}', "msgpack": b"\x81\n\xff", "text": ""},
                exclude=uuid.uuid4(),
                to=uuid.uuid4(),
                overflow="latest",
                key="ann",
            ),
            id="a push with all that it may have",
        ),
        pytest.param(
            Publication(consumer="", command="disconnect", code=4507, reason="banned"), id="a command"
        ),
    ],
)
def test_what_is_packed_is_unpacked(publication: Publication) -> None:
    assert unpack_publication(pack_publication(publication)) == publication


def test_fields_of_a_later_version_are_passed_over() -> None:
    packed = b'{"consumer":"Chat","event":"posted","urgency":3,"bodies":[["json","text",2]]}\n{}'
    assert unpack_publication(packed) == Publication(consumer="Chat", event="posted", bodies={"json": "{}"})


@pytest.mark.parametrize(
    "packed",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"hello", id="text"),
        pytest.param(b"[]\n", id="no object"),
        pytest.param(b'{"event":"posted","bodies":[]}\n', id="no consumer"),
        pytest.param(b'{"consumer":"","bodies":[["json","text",2]]}\n{}}', id="more than its bodies"),
        pytest.param(b'{"consumer":"","to":"ann","bodies":[]}\n', id="no address"),
        pytest.param(b'{"consumer":"","command":"restart","bodies":[]}\n', id="a command of a later version"),
    ],
)
def test_what_is_no_publication_is_refused(packed: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - there is no more to know
        unpack_publication(packed)
