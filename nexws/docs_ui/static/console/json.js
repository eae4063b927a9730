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
