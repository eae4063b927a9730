// A payload to begin with.

import { resolve } from "../refs.js";
import { flatten } from "./contract.js";

const DEEPEST = 12;
const TEXTS = {
  date: () => new Date().toISOString().slice(0, 10),
  "date-time": () => new Date().toISOString(),
  time: () => new Date().toISOString().slice(11),
  uuid: () => "00000000-0000-4000-8000-000000000000",
  email: () => "someone@example.com",
  uri: () => "https://example.com/",
  ipv4: () => "127.0.0.1",
};

/** Make a value of *schema*: its example or default, or the simplest one that is likely to fit. */
export function sample(schema, document, depth = 0) {
  const own = { ...resolve(document, schema) };
  if (own.examples?.length) return structuredClone(own.examples[0]);
  if ("const" in own) return own.const;
  if (own.default !== undefined) return structuredClone(own.default);
  if (own.enum) return own.enum[0];
  if (depth > DEEPEST) return null;
  const branches = own.oneOf ?? own.anyOf;
  if (branches && !own.properties) return sample(branches[0], document, depth + 1);
  if (own.allOf?.length === 1 && !own.properties) return sample(own.allOf[0], document, depth + 1);
  switch (typeOf(own)) {
    case "object":
      return sampleObject(own, document, depth);
    case "array":
      return sampleArray(own, document, depth);
    case "string":
      return sampleText(own);
    case "integer":
    case "number":
      return sampleNumber(own);
    case "boolean":
      return false;
    default:
      return null;
  }
}

/** Tell the one type of a schema that matters most. */
export function typeOf(schema) {
  const types = [schema.type ?? []].flat();
  if (types.length) return types[0];
  if (schema.properties || schema.allOf || schema.additionalProperties) return "object";
  return schema.items ? "array" : undefined;
}

function sampleObject(schema, document, depth) {
  const { properties, required } = flatten(document, schema);
  return Object.fromEntries(
    required.filter((name) => name in properties).map((name) => [name, sample(properties[name], document, depth + 1)]),
  );
}

function sampleArray({ items, minItems = 0 }, document, depth) {
  if (Array.isArray(items)) return items.map((each) => sample(each, document, depth + 1));
  return Array.from({ length: Math.min(minItems, 10) }, () => sample(items ?? {}, document, depth + 1));
}

function sampleText({ format, minLength = 0, maxLength = Infinity }) {
  if (Object.hasOwn(TEXTS, format ?? "")) return TEXTS[format]();
  if (!minLength) return "";
  return "text".padEnd(minLength, ".").slice(0, Math.max(minLength, Math.min(4, maxLength)));
}

function sampleNumber({ minimum, exclusiveMinimum, maximum, exclusiveMaximum, multipleOf }) {
  const least = minimum ?? (exclusiveMinimum === undefined ? -Infinity : exclusiveMinimum + 1);
  const most = maximum ?? (exclusiveMaximum === undefined ? Infinity : exclusiveMaximum - 1);
  const number = Math.min(Math.max(0, least), most);
  return multipleOf && Number.isFinite(number) ? Math.ceil(number / multipleOf) * multipleOf : number;
}
