// The document as the viewer shows it best.
//
// The viewer knows one operation per channel best; here one channel carries all events of a route, and each of them
// would be headed by the same address and the same parameters. So the viewer is given a copy: a channel for each
// event, called by the event's name, and what the events of a route share once, at the top. The links to the document
// lead to the document as it is.

import { encode, last, resolve } from "./refs.js";

const KEPT_OF_OPERATIONS = ["summary", "description", "tags", "externalDocs", "security", "deprecated"];
const KINDS = {
  event: "Event",
  reply: "Reply",
  item: "Item of the stream",
  done: "End of the stream",
  failure: "Failure",
  push: "Push",
};

/** Give a copy of *document* with a channel for each event, and the operations of *document* by those of the copy. */
export function shape(document) {
  const origins = new Map();
  const single = Object.keys(document.channels ?? {}).length === 1;
  const shaped = { ...document, channels: {}, operations: {} };
  const about = [document.info?.description ?? ""];
  const reserved = {};
  for (const [key, channel] of Object.entries(document.channels ?? {})) {
    about.push(describe(channel, key));
    for (const [name, operation] of operationsOf(document, key, channel)) {
      const event = resolve(document, channel.messages[messagesOf(operation, channel)[0]])?.["x-nexws-event"] ?? name;
      const title = single ? event : `${key}.${event}`;
      const id = title in shaped.channels ? `${key}.${name}` : title;
      origins.set(id, operation.id);
      shaped.channels[id] = {
        address: single ? event : `${event} · ${channel.address}`,
        messages: Object.fromEntries(messagesOf(operation, channel).map((at) => [at, messageOf(document, channel, at, operation)])),
      };
      const operations = operation["x-nexws-reserved"] ? reserved : shaped.operations;
      operations[id] = operationOf(operation, id);
    }
  }
  Object.assign(shaped.operations, reserved); // what belongs to the protocol comes behind all of the application's
  shaped.info = { ...document.info, description: about.filter(Boolean).join("\n\n") };
  delete shaped.info["x-nexws"];
  delete shaped.defaultContentType;
  return { shaped, origins };
}

/** List the operations of a channel with the names of their events, those of messages without an operation too. */
function operationsOf(document, key, channel) {
  const found = Object.entries(document.operations ?? {})
    .filter(([, operation]) => last(operation.channel) === key)
    .map(([id, operation]) => [id.startsWith(`${key}.`) ? id.slice(key.length + 1) : id, { ...operation, id }]);
  const spoken = new Set(found.flatMap(([, operation]) => messagesOf(operation, channel)));
  for (const at of Object.keys(channel.messages ?? {})) {
    if (spoken.has(at)) continue;
    const message = resolve(document, channel.messages[at]);
    const action = message["x-nexws-kind"] === "event" ? "receive" : "send";
    found.push([at, { id: at, action, summary: message.summary, messages: [{ $ref: `/${at}` }] }]);
  }
  return found;
}

function messagesOf({ messages, reply }, channel) {
  const own = messages?.map(last) ?? Object.keys(channel.messages ?? {});
  return [...own, ...(reply?.messages ?? []).map(last)];
}

function operationOf(operation, id) {
  const refer = (each) => ({ $ref: `#/channels/${encode(id)}/messages/${encode(last(each))}` });
  const shaped = { action: operation.action, channel: { $ref: `#/channels/${encode(id)}` } };
  for (const name of KEPT_OF_OPERATIONS) if (name in operation) shaped[name] = operation[name];
  if (operation.messages) shaped.messages = operation.messages.map(refer);
  if (operation.reply) shaped.reply = { messages: (operation.reply.messages ?? []).map(refer) };
  return shaped;
}

function messageOf(document, channel, at, operation) {
  const { correlationId, contentType, ...message } = resolve(document, channel.messages[at]);
  const title = KINDS[message["x-nexws-kind"]] ?? message.title;
  const shaped = Object.fromEntries(Object.entries(message).filter(([name]) => !name.startsWith("x-nexws-")));
  if (contentType && contentType !== document.defaultContentType) shaped.contentType = contentType;
  if (shaped.summary === operation.summary) delete shaped.summary; // which the operation has said
  return { ...shaped, title };
}

/** Say what holds for a whole channel, in Markdown. */
function describe(channel, key) {
  const parameters = Object.entries(channel.parameters ?? {});
  const { query, headers } = channel.bindings?.ws ?? {};
  const rows = [
    ...parameters.map(([name, each]) => [`\`{${name}}\``, "path", says(each)]),
    ...Object.entries(query?.properties ?? {}).map(([name, each]) => [`\`${name}\``, "query", says(each)]),
    ...Object.entries(headers?.properties ?? {}).map(([name, each]) => [`\`${name}\``, "header", says(each)]),
  ];
  const codes = (channel["x-nexws-close-codes"] ?? []).map(({ code, name, description, reconnect }) => [
    `${code} ${name ?? ""}`,
    description ?? "",
    reconnect ? "yes" : "no",
  ]);
  const limits = Object.entries(channel["x-nexws-limits"] ?? {}).map(([name, value]) => [`\`${name}\``, String(value)]);
  const kept = Object.entries(channel["x-nexws-history"] ?? {}).map(([name, value]) => [name, String(value)]);
  return [
    `## ${channel.title ?? key}`,
    `\`${channel.address ?? ""}\``,
    channel.description,
    table(["Parameter", "in", ""], rows),
    table(["Closed with", "when", "come back"], codes),
    table(["Limit", ""], limits),
    table(["Kept of each group", "at most"], kept),
  ]
    .filter(Boolean)
    .join("\n\n");
}

function says({ description, default: value, enum: choices }) {
  return [
    description,
    choices && `one of ${choices.map((each) => `\`${each}\``).join(", ")}`,
    value !== undefined && value !== null && `\`${value}\` unless given`,
  ]
    .filter(Boolean)
    .join("; ");
}

function table(head, rows) {
  if (!rows.length) return "";
  const line = (cells) => `| ${cells.map((cell) => String(cell).replace(/\|/g, "\\|").replace(/\s+/g, " ")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
