"""Codecs: how frames are read and written. JSON is always there; msgpack needs its package."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from pydantic import TypeAdapter
from pydantic_core import from_json, to_json

from nexws.errors import EncodingError
from nexws.events.payloads import PayloadWriter, is_binary
from nexws.events.reading import Address, JsonReader, Payload
from nexws.events.received import Received
from nexws.protocol import NO_DATA, Envelope, Failure, JsonFrames, Position, Ref, Status

__all__ = ["Codec", "JsonCodec", "make_codec"]

T = TypeVar("T")


class Codec(Protocol):
    """Reads what clients send to a consumer and writes what they get, in one encoding and one envelope."""

    def bounded(self, *, frame_bytes: int, depth: int) -> Codec:
        """Give the same codec with these limits to what it reads."""
        ...

    def read(self, frame: str | bytes, /) -> Received | Failure:
        """Read *frame*; what is wrong with it comes back as a failure, never as an exception."""
        ...

    def address(self, frame: str | bytes, /) -> Address:
        """Find the event and the ref of *frame*, as far as they can be read."""
        ...

    def body(self, writer: PayloadWriter[T], payload: T) -> str | bytes:
        """Write the payload of a push, for ``push``.

        Raises:
            PayloadError: *payload* does not fit what is declared.
        """
        ...

    def push(self, event: str, body: str | bytes, position: Position | None = None) -> str | bytes:
        """Write a push around its payload, with its *position* where it has one."""
        ...

    def answer(
        self, event: str, ref: Ref, status: Status, writer: PayloadWriter[T], payload: T
    ) -> str | bytes:
        """Write an answer to *ref*.

        Raises:
            PayloadError: *payload* does not fit what is declared.
        """
        ...

    def replies(self, event: str, writer: PayloadWriter[Any]) -> Callable[[Ref, Any], str | bytes]:
        """Make what writes the replies to one event, as ``answer`` does."""
        ...

    def failure(self, failure: Failure, /) -> str | bytes:
        """Write a failure.

        Raises:
            ValueError: its ``data`` cannot be written.
        """
        ...

    def compose(self, parts: Mapping[str, Any]) -> str | bytes:
        """Write a frame of *parts*, under their usual names, as it is: nothing is checked.

        Raises:
            ValueError: something in it cannot be written.
        """
        ...

    def parts(self, frame: str | bytes) -> dict[str, Any]:
        """Give the parts of any frame, under their usual names; of one that cannot be read, none."""
        ...

    def check(self, schema: Any, data: Any) -> Any:
        """Give *data*, of such parts, as a payload of *schema*.

        Raises:
            ValidationError: it is none.
        """
        ...


class JsonCodec:
    """JSON in text frames. Where a payload is bytes, a binary frame: a JSON header, a line feed, and the bytes."""

    def __init__(self, reader: JsonReader, envelope: Envelope) -> None:
        self._reader, self._envelope = reader, envelope
        self.read: Callable[[str | bytes], Received | Failure] = reader.read
        self.address: Callable[[str | bytes], Address] = reader.address
        self._frames = JsonFrames(envelope)
        self.failure: Callable[[Failure], str] = self._frames.failure

    def bounded(self, *, frame_bytes: int, depth: int) -> JsonCodec:
        """Give the same codec with these limits to what it reads."""
        return JsonCodec(self._reader.bounded(frame_bytes=frame_bytes, depth=depth), self._envelope)

    def replies(self, event: str, writer: PayloadWriter[Any]) -> Callable[[Ref, Any], str | bytes]:
        """Make what writes the replies to one event."""
        if writer.is_binary:
            return lambda ref, payload: self.answer(event, ref, "ok", writer, payload)
        return self._frames.replies(event, writer.write)

    def compose(self, parts: Mapping[str, Any]) -> str | bytes:
        """Write a frame of *parts*: a binary one where its data is bytes."""
        data = parts.get("data")
        if isinstance(data, (bytes, bytearray)):
            header = {name: each for name, each in parts.items() if name != "data"}
            return to_json(self._envelope.pack(header)) + b"\n" + bytes(data)
        return to_json(self._envelope.pack(_plain(parts)), by_alias=True).decode()

    def parts(self, frame: str | bytes) -> dict[str, Any]:
        """Give the parts of a frame."""
        parts = self._envelope.unpack(self._reader.parse(frame) or {})
        return {**parts, "data": frame.partition(b"\n")[2]} if isinstance(frame, bytes) else parts

    def body(self, writer: PayloadWriter[T], payload: T) -> str | bytes:
        """Write the payload of a push: JSON, or bytes where it is those."""
        if writer.is_binary:
            data: bytes = writer.write_objects(payload)
            return data
        return writer.write(payload)

    def push(self, event: str, body: str | bytes, position: Position | None = None) -> str | bytes:
        """Write a push around its payload."""
        if isinstance(body, bytes):
            return b"%b\n%b" % (self._frames.push(event, NO_DATA, position).encode(), body)
        return self._frames.push(event, body, position)

    def answer(
        self, event: str, ref: Ref, status: Status, writer: PayloadWriter[T], payload: T
    ) -> str | bytes:
        """Write an answer to *ref*."""
        if writer.is_binary:
            header = self._frames.answer(event, ref, status, NO_DATA)
            return b"%b\n%b" % (header.encode(), writer.write_objects(payload))
        return self._frames.answer(event, ref, status, writer.write(payload))

    def check(self, schema: Any, data: Any) -> Any:
        """Give the payload that *data* is."""
        adapter = TypeAdapter[Any](schema)
        return adapter.validate_python(data) if is_binary(adapter) else adapter.validate_json(to_json(data))


def _plain(parts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Write the data as plain objects, so that a flat envelope can take its keys."""
    if "data" not in parts:
        return parts
    return {**parts, "data": from_json(to_json(parts["data"], by_alias=True))}


def make_codec(encoding: str, handlers: Mapping[str, Payload], envelope: Envelope, *, consumer: str) -> Codec:
    """Make the codec of an encoding: ``"json"`` or ``"msgpack"``.

    Raises:
        EncodingError: the encoding's package is not installed.
        SchemaError: a schema is nothing that Pydantic can validate.
    """
    if encoding == "json":
        return JsonCodec(JsonReader(handlers, envelope), envelope)
    try:
        module = importlib.import_module("nexws.events.msgpack_codec")
    except ImportError as error:
        allowed = f"'json', or install {error.name}: pip install \"nexws[msgpack]\""
        raise EncodingError(consumer, encoding, allowed) from error
    codec: Codec = module.make(handlers, envelope)
    return codec
