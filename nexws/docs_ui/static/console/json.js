// JSON to look at.

import { hex } from "./codec.js";

const TOKEN = /("(?:[^"\\]|\\.)*"?)(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|\b(true|false|null)\b/g;
const COLOURED = 40_000; // characters; a longer text is not coloured

/** Write a value; what JSON cannot say is described. */
export function write(value, indent) {
  return JSON.stringify(value, describe, indent) ?? "";
}

function describe(_, value) {
  if (typeof value === "bigint") return JSON.rawJSON?.(String(value)) ?? String(value);
  return value instanceof Uint8Array ? `<${value.length} bytes: ${hex(value, 32)}>` : value;
}

/** Make nodes of *text*, in colours. */
export function colour(text) {
  if (text.length > COLOURED) return [text];
  const nodes = [];
  let at = 0;
  for (const found of text.matchAll(TOKEN)) {
    const [whole, string, colon, number] = found;
    nodes.push(text.slice(at, found.index));
    at = found.index + whole.length;
    if (string && colon) nodes.push(span("key", string), colon);
    else nodes.push(span(string ? "text" : number ? "number" : "word", whole));
  }
  nodes.push(text.slice(at));
  return nodes;
}

function span(name, text) {
  const element = document.createElement("span");
  element.className = `json-${name}`;
  element.textContent = text;
  return element;
}

const SPACE = /[ \t\n\r]*/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;

/** Say why *text* is no JSON, and where: browsers say it in many ways, and some not where. */
export function fault(text) {
  let at = 0;
  const take = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at = pattern.lastIndex;
    return found !== null;
  };
  const sign = (wanted) => take(SPACE) && text[at] === wanted && Boolean(++at);
  const list = (item, end) => {
    if (sign(end)) return true;
    do if (!item()) return false;
    while (sign(","));
    return sign(end);
  };
  const value = () => {
    if (sign("{")) return list(() => take(SPACE) && take(STRING) && sign(":") && value(), "}");
    if (sign("[")) return list(value, "]");
    return take(STRING) || take(NUMBER) || take(WORD);
  };
  if (value()) take(SPACE);
  take(SPACE);
  if (at >= text.length) return text.trim() ? "something is missing at its end" : "there is nothing";
  const lines = text.slice(0, at).split("\n");
  const what = text[at] === '"' ? "a text begins here that is not right" : `“${text[at]}” does not belong here`;
  return `line ${lines.length}, column ${lines.at(-1).length + 1}: ${what}`;
}
