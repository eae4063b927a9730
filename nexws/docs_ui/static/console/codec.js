// Frames to what crosses the wire, and back.

import * as msgpack from "./msgpack.js";

const LINE_FEED = 10;

/**
 * Write a frame: text, or bytes in MessagePack.
 *
 * With *bytes* an event's payload is these: behind the JSON header and a line feed, or as `bin` in MessagePack.
 */
export function encode(channel, format, { event, data, ref, bytes }) {
  if (format === "msgpack") {
    const frame = channel.write({ event, data: bytes ?? data, ref });
    return { frame, wire: msgpack.encode(frame) };
  }
  const frame = channel.write({ event, data: bytes ? undefined : data, ref });
  const header = JSON.stringify(frame);
  if (!bytes) return { frame, wire: header };
  const head = new TextEncoder().encode(`${header}\n`);
  const wire = new Uint8Array(head.length + bytes.length);
  wire.set(head);
  wire.set(bytes, head.length);
  return { frame, wire };
}

/** Read what came: `{ frame, bytes, raw }`, or `{ unreadable, raw }` where it is no frame. */
export function decode(format, message) {
  try {
    const found = read(format, message);
    if (typeof found.frame !== "object" || found.frame === null || Array.isArray(found.frame)) {
      return { raw: rawText(message), unreadable: "is no object" };
    }
    return found;
  } catch (error) {
    return { raw: rawText(message), unreadable: error.message };
  }
}

function read(format, message) {
  if (typeof message === "string") return { frame: JSON.parse(message) };
  const bytes = new Uint8Array(message);
  if (format === "msgpack") return { frame: msgpack.decode(bytes) };
  const end = bytes.indexOf(LINE_FEED);
  if (end < 0) throw new SyntaxError("is binary, without a header in front of a line feed");
  const header = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, end));
  return { frame: JSON.parse(header), bytes: bytes.slice(end + 1) };
}

function rawText(message) {
  return typeof message === "string" ? message : hex(new Uint8Array(message));
}

/** Tell how many bytes a frame has. */
export function sizeOf(wire) {
  if (typeof wire !== "string") return wire.byteLength;
  return /^[\x00-\x7f]*$/.test(wire) ? wire.length : new TextEncoder().encode(wire).length;
}

/** Write bytes as pairs of digits, at most *most* of them. */
export function hex(bytes, most = 512) {
  const shown = Array.from(bytes.subarray(0, most), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return bytes.length > most ? `${shown} … ${bytes.length} bytes` : shown;
}

/** Read pairs of hexadecimal digits, spaces between them or not. */
export function unhex(text) {
  const digits = text.replace(/\s+/g, "");
  if (!/^([0-9a-f]{2})*$/i.test(digits)) throw new SyntaxError("write pairs of hexadecimal digits: 01 ff");
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
