// What the document says, as the console needs it.

import { last, resolve } from "../refs.js";

const KEYS = { event: "event", data: "data", ref: "ref", meta: "meta", status: "status", error: "error", pos: "pos" };
const KINDS = { ok: "reply", next: "item", done: "done", error: "failure" };

const SEVERAL = "Several, one in each line";

// Of closes that no document has to tell of: RFC 6455, section 7.4.1.
const CODES = {
  1000: ["NORMAL", "One side was done."],
  1001: ["GOING_AWAY", "The server stops, or the page was left."],
  1002: ["PROTOCOL_ERROR", "One side broke the WebSocket protocol."],
  1003: ["UNSUPPORTED_DATA", "The frame was of a kind that is not served."],
  1005: ["NO_STATUS", "Closed without a code."],
  1006: ["ABNORMAL", "The connection was refused, or lost without a close frame."],
  1007: ["INVALID_DATA", "The frame's text was not UTF-8."],
  1008: ["POLICY_VIOLATION", "The server did not want to go on."],
  1009: ["TOO_BIG", "The frame was too large."],
  1011: ["INTERNAL_ERROR", "The server failed."],
  1012: ["SERVICE_RESTART", "The server restarts."],
  1013: ["TRY_AGAIN_LATER", "The server has too much to do."],
};

/** List the channels that *document* describes. */
export function channelsOf(document) {
  return Object.keys(document.channels ?? {}).map((key) => new Channel(document, key));
}

export class Channel {
  constructor(document, key) {
    const channel = document.channels[key];
    const binding = channel.bindings?.ws ?? {};
    this.document = document;
    this.key = key;
    this.title = channel.title ?? key;
    this.address = channel.address ?? "";
    this.encoding = channel["x-nexws-encoding"] ?? "json";
    this.subprotocols = channel["x-nexws-subprotocols"] ?? [];
    this.keys = { ...KEYS, ...channel["x-nexws-envelope"] };
    this.isFlat = this.keys.data === null;
    this.frameBytes = channel["x-nexws-limits"]?.frame_bytes ?? Infinity;
    this.headers = parametersOf(document, binding.headers);
    this.cookies = parametersOf(document, channel["x-nexws-cookies"]);
    this.fields = fieldsOf(document, channel, resolve(document, binding.query));
    this.securitySchemes = Object.values(document.components?.securitySchemes ?? {}).map((each) => resolve(document, each));
    this.tokenNames = this.securitySchemes
      .filter((each) => each.type === "httpApiKey" && each.in === "query")
      .map((each) => each.name);
    this.fields = this.fields.filter((field) => field.in !== "query" || !this.tokenNames.includes(field.name));
    this.#codes = new Map((channel["x-nexws-close-codes"] ?? []).map((each) => [each.code, each]));
    this.messages = Object.keys(channel.messages ?? {}).map((name) => this.#message(channel, name));
    this.events = this.#events();
  }

  #codes;

  /** Say what it means that the connection was closed with *code*: `{ name, description, reconnect }`. */
  closeMeaning(code) {
    const [name, description] = CODES[code] ?? ["", "The document does not say what this means."];
    const reconnect = code >= 4500 && code <= 4999 ? false : undefined;
    return { name, description, reconnect, ...this.#codes.get(code) };
  }

  /** Take a frame apart: `{ event, data, hasData, ref, status, error, kind }`. */
  read(frame) {
    const { keys } = this;
    const status = frame[keys.status];
    const parts = {
      event: frame[keys.event],
      ref: frame[keys.ref],
      status,
      error: frame[keys.error],
      kind: Object.hasOwn(KINDS, status) ? KINDS[status] : "push",
    };
    if (!this.isFlat) return { ...parts, data: frame[keys.data], hasData: Object.hasOwn(frame, keys.data) };
    const own = Object.values(keys);
    const data = Object.fromEntries(Object.entries(frame).filter(([name]) => !own.includes(name)));
    return { ...parts, data, hasData: Object.keys(data).length > 0 };
  }

  /** Put a frame together. Without *ref* and *data* it has none. */
  write({ event, data, ref }) {
    const { keys } = this;
    const frame = { [keys.event]: event };
    if (data !== undefined && this.isFlat) Object.assign(frame, data);
    else if (data !== undefined) frame[keys.data] = data;
    if (ref !== undefined) frame[keys.ref] = ref;
    return frame;
  }

  #message(channel, name) {
    const message = resolve(this.document, channel.messages[name]);
    const key = last(channel.messages[name]) || name;
    const kind = message["x-nexws-kind"] ?? (this.#isReceived(name) ? "event" : "push");
    return {
      name,
      kind,
      key,
      event: message["x-nexws-event"] ?? message.name ?? name,
      schema: message.payload ?? {},
      isBinary: message["x-nexws-binary"] === true || this.#isBytes(message.payload),
      isDeprecated: message["x-nexws-deprecated"] === true,
      isReserved: message["x-nexws-reserved"] === true,
      summary: message.summary ?? "",
      description: message.description ?? "",
      examples: message.examples ?? [],
    };
  }

  /** Whether a payload is bytes in MessagePack, which has them in the frame. */
  #isBytes(frame) {
    if (this.encoding !== "msgpack" || this.isFlat) return false;
    const data = flatten(this.document, frame ?? {}).properties[this.keys.data];
    return resolve(this.document, data ?? {}).format === "binary";
  }

  #operations() {
    return Object.entries(this.document.operations ?? {}).filter(([, each]) => last(each.channel) === this.key);
  }

  #isReceived(name) {
    return this.#operations().some(
      ([, { action, messages }]) => action === "receive" && (messages ?? []).some((each) => last(each) === name),
    );
  }

  #events() {
    const found = [];
    for (const [id, operation] of this.#operations()) {
      if (operation.action !== "receive") continue;
      const answers = (operation.reply?.messages ?? []).map(last);
      for (const name of operation.messages?.map(last) ?? []) {
        const message = this.messages.find((each) => each.name === name);
        if (message) found.push(this.#event(message, id, operation, answers));
      }
    }
    for (const message of this.messages) {
      if (message.kind === "event" && !found.some((each) => each.key === message.name)) {
        found.push(this.#event(message, message.name, {}, []));
      }
    }
    return found;
  }

  #event(message, operation, { summary, description, tags = [] }, answers) {
    const kinds = this.messages.filter((each) => answers.includes(each.name)).map((each) => each.kind);
    return {
      key: message.name,
      operation,
      name: message.event,
      isFamily: message.event.includes("*"),
      summary: summary ?? message.summary,
      description: description ?? message.description,
      tags: tags.map((each) => resolve(this.document, each).name).filter(Boolean),
      isDeprecated: message.isDeprecated,
      isReserved: message.isReserved,
      isBinary: message.isBinary,
      isStream: kinds.includes("item"),
      schema: this.#payload(message.schema),
      examples: message.examples
        .filter((each) => typeof each.payload === "object" && each.payload !== null)
        .map((each) => ({ name: each.summary ?? each.name ?? "Example", data: this.read(each.payload).data })),
    };
  }

  /** Find the payload's schema in the frame's; `null` for an event without one. */
  #payload(frame) {
    const { properties, required } = flatten(this.document, frame);
    if (!this.isFlat) {
      const data = properties[this.keys.data] ?? null;
      const isNothing = data?.type === "null" && !required.includes(this.keys.data);
      return isNothing ? null : data;
    }
    const own = Object.values(this.keys);
    const rest = Object.entries(properties).filter(([name]) => !own.includes(name));
    if (!rest.length) return null;
    return {
      type: "object",
      properties: Object.fromEntries(rest),
      required: required.filter((name) => !own.includes(name)),
    };
  }
}

/** Put together the properties of an object that is described in several parts. */
export function flatten(document, schema) {
  const { properties = {}, required = [], allOf = [] } = resolve(document, schema);
  const parts = allOf.map((each) => flatten(document, each));
  return {
    properties: Object.assign({}, ...parts.map((each) => each.properties), properties),
    required: [...new Set([...parts.flatMap((each) => each.required), ...required])],
  };
}

/** List the headers or cookies that *given* describes: `{ name, isRequired }`. */
function parametersOf(document, given) {
  const { properties, required } = flatten(document, given);
  return Object.keys(properties).map((name) => ({ name, isRequired: required.includes(name) }));
}

function fieldsOf(document, channel, query) {
  const parameters = Object.entries(channel.parameters ?? {}).map(([name, each]) => {
    const parameter = resolve(document, each);
    return {
      in: "path",
      name,
      isRequired: true,
      description: parameter.description ?? "",
      choices: parameter.enum,
      value: String(parameter.default ?? parameter.examples?.[0] ?? parameter.enum?.[0] ?? ""),
    };
  });
  const queries = Object.entries(query.properties ?? {}).map(([name, each]) => {
    const schema = resolve(document, each);
    const isList = schema.type === "array";
    const items = isList ? resolve(document, Array.isArray(schema.items) ? schema.items[0] : schema.items) : {};
    const choices = schema.enum ?? (schema.type === "boolean" ? [true, false] : undefined);
    const { default: standard } = schema;
    return {
      in: "query",
      name,
      isList,
      isRequired: (query.required ?? []).includes(name),
      isSecret: schema.format === "password",
      description: [schema.description, isList && `${SEVERAL}${items.enum ? `: ${items.enum.join(", ")}` : ""}.`].filter(Boolean).join(" "),
      choices,
      value: Array.isArray(standard) ? standard.join("\n") : String(standard ?? ""),
    };
  });
  return [...parameters, ...queries];
}
