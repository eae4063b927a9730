// One connection, which is never made by itself, and the exchange of frames on it.

import { decode, encode, sizeOf } from "./codec.js";
import { validate } from "./validate.js";

const CANCEL = "nexws.cancel";
const PING = "nexws.ping";
const PONG = "nexws.pong";

/**
 * Dispatches "state" (see `state`), "entry" (`detail` is one more entry of the log) and "change" (`detail` is an entry
 * that has changed: a request that was answered).
 *
 * `state.name` is "idle", "connecting", "open", "closing" or "closed" (with `code`, `reason` and `meaning`).
 *
 * An entry has `kind`, `at`, `event`, `ref`, `frame`, `size`, `problems`; a request has `phase` ("waiting",
 * "streaming", "done", "failed", "unanswered", or "sent" for one without a ref), and its answers have `request` and `ms`.
 */
export class Session extends EventTarget {
  state = { name: "idle" };
  channel = null;
  #socket = null;
  #waiting = new Map(); // refs, as text -> requests
  #pings = []; // those without a ref, which a push answers, in their order
  #lastEntry = 0;

  /** Connect; *shown* is the address without its secrets. */
  connect(channel, url, protocols, shown) {
    this.disconnect();
    let socket;
    try {
      socket = protocols.length ? new WebSocket(url, protocols) : new WebSocket(url);
    } catch (error) {
      this.#note("closed", `cannot connect: ${error.message}`);
      return this.#become({ name: "closed", code: 0, meaning: { name: "", description: error.message } });
    }
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    this.channel = channel;
    this.url = shown;
    socket.onopen = () => {
      const spoken = socket.protocol ? `, subprotocol ${socket.protocol}` : "";
      this.#note("opened", `connected to ${shown}${spoken}`);
      this.#become({ name: "open", subprotocol: socket.protocol });
    };
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = ({ code, reason, wasClean }) => this.#closed(code, reason, wasClean);
    this.#become({ name: "connecting" });
  }

  /** Close the connection, as its user wants it. */
  disconnect() {
    if (!this.#socket) return;
    if (this.state.name === "open") {
      this.#socket.close(1000);
      this.#become({ name: "closing" });
    } else {
      this.#socket.close(); // "closed" follows
    }
  }

  get format() {
    const spoken = /\b(json|msgpack)$/.exec(this.#socket?.protocol ?? "");
    return spoken?.[1] ?? this.channel?.encoding ?? "json";
  }

  /** Send an event; gives its entry, or null without a connection. */
  send({ event, data, ref, bytes, isStream = false, source = null }) {
    if (this.state.name !== "open") return null;
    const { frame, wire } = encode(this.channel, this.format, { event, data, ref, bytes });
    const isCancel = event === CANCEL; // which is not answered itself
    const isPing = event === PING && ref === undefined;
    const phase = isPing || !(ref === undefined || isCancel) ? "waiting" : "sent";
    const entry = this.#entry("sent", { event, ref, frame, bytes, size: sizeOf(wire), phase, isStream, source });
    const request = isCancel && this.#waiting.get(String(ref));
    if (request) Object.assign(entry, { kind: "cancel", request });
    else if (isPing) this.#pings.push(entry);
    else if (phase === "waiting") this.#waiting.set(String(ref), entry);
    entry.started = performance.now();
    this.#socket.send(wire);
    this.#tell("entry", entry);
    return entry;
  }

  /** End the stream of *request*. */
  cancel(request) {
    this.send({ event: CANCEL, ref: request.ref });
  }

  #receive(message) {
    const now = performance.now();
    const { frame, bytes, raw, unreadable } = decode(this.format, message);
    const size = sizeOf(message);
    if (unreadable) {
      const problems = [{ path: [], text: unreadable }];
      return this.#tell("entry", this.#entry("unreadable", { event: "", raw, size, problems }));
    }
    const parts = this.channel.read(frame);
    const event = typeof parts.event === "string" ? parts.event : "";
    const entry = this.#entry(parts.kind, { event, ref: parts.ref, frame, bytes, size, failure: parts.error });
    Object.assign(entry, checkFrame(this.channel, parts, frame, bytes));
    const request = this.#requestOf(parts);
    if (request) this.#answer(request, entry, now);
    this.#tell("entry", entry);
    if (request) this.#tell("change", request);
  }

  /** Find what a frame answers. */
  #requestOf({ kind, event, ref }) {
    if (ref === undefined && event === (kind === "push" ? PONG : PING)) return this.#pings.shift();
    return kind === "push" || ref === undefined ? undefined : this.#waiting.get(String(ref));
  }

  #answer(request, entry, now) {
    entry.request = request;
    entry.ms = now - request.started;
    request.answers = (request.answers ?? 0) + 1;
    if (entry.kind === "item") {
      request.phase = "streaming";
      return;
    }
    request.phase = entry.kind === "failure" ? "failed" : "done";
    request.ms = entry.ms;
    request.failure = entry.failure;
    if (request.ref !== undefined) this.#waiting.delete(String(request.ref));
  }

  #closed(code, reason, wasClean) {
    this.#socket = null;
    const meaning = this.channel.closeMeaning(code);
    for (const request of [...this.#waiting.values(), ...this.#pings]) {
      request.phase = "unanswered";
      this.#tell("change", request);
    }
    this.#waiting.clear();
    this.#pings = [];
    const told = [`closed with ${code}`, meaning.name, reason && `“${reason}”`].filter(Boolean).join(" ");
    this.#note("closed", `${told}: ${meaning.description}`, { code, reason, meaning });
    this.#become({ name: "closed", code, reason, wasClean, meaning });
  }

  #note(kind, text, more = {}) {
    this.#tell("entry", this.#entry(kind, { event: "", text, size: 0, ...more }));
  }

  #entry(kind, more) {
    return { id: ++this.#lastEntry, kind, at: new Date(), channel: this.channel, problems: [], request: null, ...more };
  }

  #become(state) {
    this.state = state;
    this.#tell("state");
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** Compare a received frame with the document: which message it is, or what is wrong with it. */
export function checkFrame(channel, parts, frame, bytes) {
  const wrong = (text) => ({ problems: [{ path: [], text }], message: null });
  if (typeof parts.event !== "string") return wrong(`has no ${channel.keys.event}`);
  const named = channel.messages.filter((each) => each.kind !== "event" && matches(each.event, parts.event));
  const candidates = named.filter((each) => each.kind === parts.kind);
  if (!named.length) return wrong(`is called ${parts.event}, as no message of this channel is`);
  if (!candidates.length) return wrong(`is a ${parts.kind}, which ${parts.event} has no message for`);
  const judged = candidates.map((message) => ({
    message: message.name,
    problems: message.isBinary ? checkBinary(channel, message, frame, bytes) : validate(message.schema, frame, channel.document),
  }));
  judged.sort((one, two) => one.problems.length - two.problems.length);
  return judged[0];
}

/** Compare the header of a binary frame; its payload is bytes, whatever they are. */
function checkBinary(channel, message, frame, bytes) {
  const data = channel.keys.data ?? "data";
  const isFrame = message.schema.type === "object" || message.schema.properties;
  if (!isFrame) return [];
  const { [data]: packed, ...header } = frame;
  const isThere = packed instanceof Uint8Array || (bytes && packed === undefined); // in MessagePack, or behind the header
  const described = message.schema.properties?.[data] ? { ...header, [data]: "" } : header;
  return validate(message.schema, isThere ? described : frame, channel.document);
}

function matches(pattern, event) {
  return pattern === event || (pattern.endsWith("*") && event.startsWith(pattern.slice(0, -1)));
}
