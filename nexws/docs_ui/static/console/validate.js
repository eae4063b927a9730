// JSON Schema, draft 07, as far as the documents use it. `format` is not looked at.

import { resolve } from "../refs.js";

const MOST_PROBLEMS = 20;
const DEEPEST = 128;
const patterns = new Map();

/**
 * Say what is wrong with *value*: a list of `{ path, text }`, empty where it fits *schema*.
 *
 * *document* is where references lead to. At most 20 problems are told.
 */
export function validate(schema, value, document) {
  const problems = [];
  check(schema, value, [], { document, depth: 0, tell: (path, text) => problems.push({ path, text }) });
  return problems.slice(0, MOST_PROBLEMS);
}

/** Write a path as programmers would: `items[0].name`. */
export function pathText(path) {
  return path
    .map((part, at) => (typeof part === "number" ? `[${part}]` : at ? `.${part}` : part))
    .join("");
}

function check(schema, value, path, context) {
  if (schema === true || schema === undefined) return;
  if (schema === false) return context.tell(path, "must not be there");
  if (context.depth > DEEPEST) return;
  const inner = { ...context, depth: context.depth + 1 };
  if (typeof schema.$ref === "string") return check(resolve(context.document, schema), value, path, inner);
  if (schema.type !== undefined && ![schema.type].flat().some((type) => isOf(type, value))) {
    return context.tell(path, `is ${nameOf(value)}, not ${[schema.type].flat().join(" or ")}`);
  }
  if ("const" in schema && !same(schema.const, value)) context.tell(path, `is not ${brief(schema.const)}`);
  if (schema.enum && !schema.enum.some((each) => same(each, value))) {
    context.tell(path, `is ${brief(value)}, not one of ${schema.enum.map(brief).join(", ")}`);
  }
  if (typeof value === "string") checkText(schema, value, path, context);
  else if (typeof value === "number" || typeof value === "bigint") checkNumber(schema, value, path, context);
  else if (Array.isArray(value)) checkArray(schema, value, path, inner);
  else if (isObject(value)) checkObject(schema, value, path, inner);
  checkCombinations(schema, value, path, inner);
}

function checkText(schema, value, path, { tell }) {
  const length = schema.minLength === undefined && schema.maxLength === undefined ? 0 : [...value].length;
  if (length < schema.minLength) tell(path, `has ${length} characters, fewer than ${schema.minLength}`);
  if (length > schema.maxLength) tell(path, `has ${length} characters, more than ${schema.maxLength}`);
  if (schema.pattern !== undefined && pattern(schema.pattern)?.test(value) === false) {
    tell(path, `does not match ${schema.pattern}`);
  }
}

/** Make a pattern; one that this language does not have judges nothing. */
function pattern(source) {
  if (!patterns.has(source)) {
    let made = null;
    for (const flags of ["u", ""]) {
      try {
        made ??= new RegExp(source, flags);
      } catch {
        // the next flags, or none
      }
    }
    patterns.set(source, made);
  }
  return patterns.get(source);
}

function checkNumber(schema, value, path, { tell }) {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  if (value < minimum) tell(path, `is ${value}, less than ${minimum}`);
  if (value > maximum) tell(path, `is ${value}, more than ${maximum}`);
  if (value <= exclusiveMinimum) tell(path, `is ${value}, not more than ${exclusiveMinimum}`);
  if (value >= exclusiveMaximum) tell(path, `is ${value}, not less than ${exclusiveMaximum}`);
  if (multipleOf !== undefined) {
    const times = Number(value) / multipleOf;
    if (Math.abs(times - Math.round(times)) > 1e-9 * Math.max(1, Math.abs(times))) {
      tell(path, `is ${value}, not a multiple of ${multipleOf}`);
    }
  }
}

function checkArray(schema, value, path, context) {
  const { items, additionalItems, minItems, maxItems, contains } = schema;
  if (value.length < minItems) context.tell(path, `has ${value.length} items, fewer than ${minItems}`);
  if (value.length > maxItems) context.tell(path, `has ${value.length} items, more than ${maxItems}`);
  if (schema.uniqueItems && value.some((each, at) => value.slice(0, at).some((other) => same(each, other)))) {
    context.tell(path, "has an item twice");
  }
  value.forEach((each, at) => {
    const schemaOfItem = Array.isArray(items) ? (at < items.length ? items[at] : additionalItems) : items;
    check(schemaOfItem, each, [...path, at], context);
  });
  if (contains !== undefined && !value.some((each) => fits(contains, each, context))) {
    context.tell(path, "has no item as it should have");
  }
}

function checkObject(schema, value, path, context) {
  const { properties = {}, patternProperties = {}, additionalProperties, propertyNames, required = [] } = schema;
  for (const name of required) {
    if (!Object.hasOwn(value, name)) context.tell([...path, name], "is missing");
  }
  const names = Object.keys(value);
  if (names.length < schema.minProperties) context.tell(path, `has fewer than ${schema.minProperties} properties`);
  if (names.length > schema.maxProperties) context.tell(path, `has more than ${schema.maxProperties} properties`);
  for (const name of names) {
    const at = [...path, name];
    const known = Object.entries(patternProperties).filter(([source]) => pattern(source)?.test(name));
    if (Object.hasOwn(properties, name)) check(properties[name], value[name], at, context);
    for (const [, each] of known) check(each, value[name], at, context);
    if (!Object.hasOwn(properties, name) && !known.length) {
      if (additionalProperties === false) context.tell(at, "is not in the contract");
      else check(additionalProperties, value[name], at, context);
    }
    if (propertyNames !== undefined) check(propertyNames, name, at, context);
  }
  for (const [name, needs] of Object.entries(schema.dependencies ?? {})) {
    if (!Object.hasOwn(value, name)) continue;
    if (Array.isArray(needs)) check({ required: needs }, value, path, context);
    else check(needs, value, path, context);
  }
}

function checkCombinations(schema, value, path, context) {
  for (const each of schema.allOf ?? []) check(each, value, path, context);
  if (schema.anyOf) checkBranches(schema.anyOf, value, path, context, false);
  if (schema.oneOf) checkBranches(schema.oneOf, value, path, context, true);
  if (schema.not !== undefined && fits(schema.not, value, context)) context.tell(path, "is what it must not be");
  if (schema.if !== undefined) check(fits(schema.if, value, context) ? schema.then : schema.else, value, path, context);
}

function checkBranches(branches, value, path, context, onlyOne) {
  const found = branches.map((each) => judge(each, value, path, context));
  const fitting = found.filter((problems) => !problems.length).length;
  if (fitting > 1 && onlyOne) context.tell(path, `fits ${fitting} of its ${branches.length} forms, not one`);
  if (fitting) return;
  // What is told is of the form that was probably meant: the one whose fixed values fit, or else the nearest one.
  const wrong = (problems) => problems.filter(({ text }) => /^is not |, not /.test(text)).length;
  const [nearest] = found.sort((one, two) => wrong(one) - wrong(two) || one.length - two.length);
  if (nearest) for (const problem of nearest) context.tell(problem.path, problem.text);
  else context.tell(path, "fits none of its forms");
}

function judge(schema, value, path, context) {
  const problems = [];
  check(schema, value, path, { ...context, tell: (at, text) => problems.push({ path: at, text }) });
  return problems;
}

function fits(schema, value, context) {
  return judge(schema, value, [], context).length === 0;
}

function isOf(type, value) {
  switch (type) {
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "object":
      return isObject(value);
    case "integer":
      return typeof value === "bigint" || Number.isInteger(value);
    case "number":
      return typeof value === "bigint" || typeof value === "number";
    default:
      return typeof value === type || (type === "string" && value instanceof Uint8Array);
  }
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

function nameOf(value) {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "number") return Number.isInteger(value) ? "an integer" : "a number";
  return { object: "an object", string: "a string", boolean: "a boolean" }[typeof value] ?? typeof value;
}

function brief(value) {
  const text = typeof value === "bigint" ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function same(one, two) {
  if (one === two) return true;
  if (Array.isArray(one)) {
    return Array.isArray(two) && one.length === two.length && one.every((each, at) => same(each, two[at]));
  }
  if (!isObject(one) || !isObject(two)) return false;
  const names = Object.keys(one);
  return (
    names.length === Object.keys(two).length &&
    names.every((name) => Object.hasOwn(two, name) && same(one[name], two[name]))
  );
}
