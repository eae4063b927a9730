// One entry of the log, as an element.

import { hex } from "./codec.js";
import { button, copy, make } from "./dom.js";
import { colour, write } from "./json.js";
import { milliseconds } from "./outcome.js";
import { pathText } from "./validate.js";

const PREVIEW = 240; // characters
const LABELS = {
  sent: "sent",
  cancel: "cancel",
  reply: "ok",
  item: "next",
  done: "done",
  failure: "error",
  push: "push",
  unreadable: "unreadable",
  opened: "open",
  closed: "closed",
};
const RECEIVED = new Set(["reply", "item", "done", "failure", "push", "unreadable"]);

export const isReceived = (entry) => RECEIVED.has(entry.kind);
export const isNote = (entry) => entry.kind === "opened" || entry.kind === "closed";

/** Write an entry as one line of JSON. */
export function line(entry) {
  const { at, kind, event, ms, frame, raw, text, problems, bytes } = entry;
  return write({
    at: at.toISOString(),
    kind,
    event: event || undefined,
    ms: ms === undefined || kind === "sent" ? undefined : Math.round(ms * 10) / 10,
    frame,
    bytes: bytes && hex(bytes, Infinity),
    raw,
    text,
    problems: problems.length ? problems.map(said) : undefined,
  });
}

/** Make the row of an entry; *actions* is `{ reuse }`. */
export function row(entry, actions) {
  const preview = make("span", { className: "preview" }, ...(isNote(entry) ? [entry.text] : colour(previewOf(entry))));
  const parts = [
    make("time", { textContent: clock(entry.at), dateTime: entry.at.toISOString() }),
    make("span", { className: "kind", textContent: LABELS[entry.kind] }),
    entry.event && make("b", { textContent: entry.event }),
    preview,
    entry.ms !== undefined && isReceived(entry) && make("span", { className: "took", textContent: milliseconds(entry.ms) }),
    isReceived(entry) && verdict(entry),
  ];
  const element = make("div", { className: "row", "data-kind": entry.kind });
  if (isNote(entry)) {
    element.append(make("div", { className: "summary" }, ...parts.filter(Boolean)));
    if (entry.meaning) element.dataset.reconnect = String(entry.meaning.reconnect ?? "");
    return element;
  }
  const details = make("details", {}, make("summary", {}, ...parts.filter(Boolean)));
  details.addEventListener("toggle", () => details.open && details.childElementCount === 1 && details.append(body(entry, actions)));
  element.append(details);
  for (const problem of entry.problems.slice(0, 3)) element.append(make("p", { className: "reason", textContent: said(problem) }));
  return element;
}

function verdict({ problems, message }) {
  if (!problems.length) return make("span", { className: "valid", title: `As ${message} in the document`, textContent: "✓", role: "img", "aria-label": "as in the contract" });
  return make("span", { className: "invalid", textContent: "not in the contract" });
}

function said({ path, text }) {
  return `${pathText(path) || "the frame"} ${text}`;
}

function previewOf(entry) {
  if (entry.raw !== undefined) return entry.raw.slice(0, PREVIEW);
  if (entry.kind === "failure" && entry.failure) return `${entry.failure.code}: ${entry.failure.message}`;
  const { data, bytes } = entry.parts ?? {};
  if (bytes ?? entry.bytes) return `${(bytes ?? entry.bytes).length} bytes`;
  return data === undefined ? "" : write(data).slice(0, PREVIEW);
}

function body(entry, actions) {
  const text = entry.raw ?? write(entry.frame, 2);
  const element = make("div", { className: "body" }, make("pre", {}, ...colour(text)));
  if (entry.bytes) element.append(make("pre", { className: "bytes", textContent: hex(entry.bytes) }));
  const size = make("span", { className: "hint", textContent: `${entry.size} bytes` });
  const copyIt = button("Copy", async () => {
    await copy(entry.raw ?? write(entry.frame));
    copyIt.textContent = "Copied";
  }, { className: "link" });
  element.append(
    make("div", { className: "foot" }, size, copyIt, entry.source && button("Edit and send again", () => actions.reuse(entry), { className: "link" })),
  );
  return element;
}

function clock(at) {
  const two = (number) => String(number).padStart(2, "0");
  const ms = String(at.getMilliseconds()).padStart(3, "0");
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${ms}`;
}
