// A form for a payload, made of its schema. It never keeps anybody from sending what does not fit.

import { flatten } from "./contract.js";
import { blame, button, freshId, make } from "./dom.js";
import { fault } from "./json.js";
import { sample, typeOf } from "./sample.js";
import { resolve } from "../refs.js";
import { validate } from "./validate.js";

const DEEPEST = 8; // deeper values are written as JSON

export class Form {
  element = make("div", { className: "form" });
  #root = null;
  #document;
  #onChange;

  constructor(document, onChange) {
    this.#document = document;
    this.#onChange = onChange;
    this.element.addEventListener("input", ({ target }) => target.id && blame(target, ""));
  }

  show(schema, value) {
    const context = { document: this.#document, changed: () => this.#onChange(this.#root.read()), depth: 0 };
    this.#root = build(schema, value, context, { name: "" });
    this.element.replaceChildren(this.#root.element);
  }

  /** Say at the field of *path* what is wrong with it; gives the field, or null where the form has none. */
  blame(path, text) {
    const control = this.find(path);
    if (control) blame(control, text);
    return control;
  }

  /** Find the field of *path*, or the nearest around it. */
  find(path) {
    let found = path.length ? null : this.#root;
    let node = this.#root;
    for (const part of path) {
      const next = node?.at?.(part);
      if (next) found = node = next; // what is not known names a variant, and says nothing about the place
    }
    return found?.control ?? null;
  }

  forgive() {
    for (const each of this.element.querySelectorAll("[aria-invalid]")) blame(each, "");
  }
}

/** Make the node of one value: `{ element, control, read, at }`. */
function build(given, value, context, field) {
  const schema = normal(given, context.document);
  const inner = { ...context, depth: context.depth + 1 };
  if (context.depth > DEEPEST) return raw(schema, value, context, field);
  if ("const" in schema && value === schema.const) return fixed(schema, value, field);
  const branches = branchesOf(schema);
  if (branches) return choice(schema, branches, value, inner, field);
  if (schema.enum?.includes(value)) return select(schema, value, context, field);
  const type = typeOf(schema);
  const object = typeof value === "object" && value !== null && !Array.isArray(value);
  if (type === "boolean" && typeof value === "boolean") return toggle(schema, value, context, field);
  if (type === "string" && typeof value === "string") return text(schema, value, context, field);
  if ((type === "integer" || type === "number") && (typeof value === "number" || value === "")) {
    return text(schema, String(value), context, field, toNumber);
  }
  if (type === "null" && value === null) return fixed(schema, null, field);
  if (type === "array" && Array.isArray(value)) return list(schema, value, inner, field);
  if (type === "object" && object && Object.keys(flatten(context.document, schema).properties).length) {
    return group(schema, value, inner, field);
  }
  return raw(schema, value, context, field);
}

function normal(given, document) {
  const { allOf = [], ...own } = resolve(document, given);
  if (!allOf.length) return own;
  const { properties, required } = flatten(document, given);
  const merged = Object.assign({}, ...allOf.map((each) => normal(each, document)), own);
  return Object.keys(properties).length ? { ...merged, properties, required } : merged;
}

function branchesOf({ oneOf, anyOf, type, ...schema }) {
  const branches = oneOf ?? anyOf;
  if (branches) return branches;
  if (Array.isArray(type) && type.length > 1) return type.map((each) => (each === "null" ? { type: each } : { ...schema, type: each }));
  return null;
}

// --- what a field looks like

function frame(schema, field, control, ...body) {
  control.id ||= freshId();
  const description = field.description ?? schema.description;
  return make(
    "div",
    { className: "field" },
    make(
      "div",
      { className: "head" },
      make("label", { htmlFor: control.id, textContent: field.name === "" ? "payload" : String(field.name) }),
      !field.isRequired && field.name !== "" && make("span", { className: "optional", textContent: "optional" }),
      make("span", { className: "limits", textContent: limits(schema, field.picker) }),
      field.picker,
      field.remove && remover(field),
    ),
    ...(body.length ? body : [control]),
    description && make("p", { className: "hint", textContent: description }),
    make("p", { className: "error", id: `${control.id}-error` }),
  );
}

function remover({ name, remove }) {
  return button("×", remove, { className: "remove", "aria-label": `Remove ${name}`, title: `Remove ${name}` });
}

function limits(schema, picker) {
  const said = [];
  const low = schema.minimum ?? schema.exclusiveMinimum ?? schema.minLength;
  const high = schema.maximum ?? schema.exclusiveMaximum ?? schema.maxLength;
  if (!picker && typeOf(schema)) said.push(schema.format ?? typeOf(schema));
  if (low !== undefined && high !== undefined) said.push(`${low}–${high}`);
  else if (low !== undefined) said.push(`≥ ${low}`);
  else if (high !== undefined) said.push(`≤ ${high}`);
  if (schema.pattern && schema.pattern.length < 28) said.push(schema.pattern);
  return said.join(" ");
}

// --- the kinds of fields

function fixed(schema, value, field) {
  const control = make("input", { className: "fixed", value: JSON.stringify(value), readOnly: true });
  return { element: frame({ description: schema.description }, { isRequired: true, ...field }, control), control, read: () => value };
}

function toNumber(written) {
  const trimmed = written.trim();
  return /^-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(trimmed) ? Number(trimmed) : written;
}

function text(schema, value, context, field, convert = (written) => written) {
  const isLong = convert !== toNumber && !schema.format && !schema.pattern && !(schema.maxLength <= 80);
  const control = make(isLong ? "textarea" : "input", { value, autocomplete: "off", spellcheck: false, oninput: context.changed });
  if (isLong) control.rows = 1;
  else if (convert === toNumber) control.inputMode = "decimal";
  return { element: frame(schema, field, control), control, read: () => convert(control.value) };
}

function toggle(schema, value, context, field) {
  const control = make("input", { type: "checkbox", checked: value, onchange: context.changed });
  return { element: frame(schema, field, control), control, read: () => control.checked };
}

function select(schema, value, context, field) {
  const options = schema.enum.map((each, at) => new Option(String(each), String(at)));
  const control = make("select", { onchange: context.changed }, ...options);
  control.value = String(schema.enum.indexOf(value));
  return { element: frame({ description: schema.description }, field, control), control, read: () => schema.enum[Number(control.value)] };
}

/** A value that may have several forms. */
function choice(schema, branches, value, context, field) {
  const picker = make("select", {
    className: "picker",
    "aria-label": `Form of ${field.name || "the payload"}`,
    onchange: () => {
      show(sample(branches[Number(picker.value)], context.document));
      context.changed();
    },
  });
  picker.append(...branches.map((each, at) => new Option(nameOf(normal(each, context.document), at), String(at))));
  const element = make("div", { className: "choice" });
  let body;
  const show = (next) => {
    const described = { description: schema.description, ...field, picker };
    body = build(branches[Number(picker.value)], next, context, described);
    element.replaceChildren(body.element);
  };
  picker.value = String(closest(branches, value, context.document));
  show(value);
  return {
    element,
    get control() {
      return body.control;
    },
    read: () => body.read(),
    at: (name) => body.at?.(name),
  };
}

function nameOf(schema, at) {
  if ("const" in schema) return String(schema.const);
  return schema.title ?? schema.format ?? typeOf(schema) ?? `form ${at + 1}`;
}

function closest(branches, value, document) {
  const judged = branches.map((each) => {
    const problems = validate(each, value, document);
    return problems.length + 100 * problems.filter(({ path, text: said }) => /^is not /.test(said) || !path.length).length;
  });
  return judged.indexOf(Math.min(...judged));
}

function group(schema, value, context, field) {
  const { properties, required } = flatten(context.document, schema);
  const nodes = new Map();
  const fields = make("div", { className: "fields" });
  const absent = make("div", { className: "absent" });
  const add = (name, given) => {
    const isRequired = required.includes(name);
    const remove = isRequired ? null : () => (nodes.delete(name), draw(), context.changed());
    nodes.set(name, build(properties[name], given, context, { name, isRequired, remove }));
  };
  const draw = () => {
    const names = Object.keys(properties);
    fields.replaceChildren(...names.filter((name) => nodes.has(name)).map((name) => nodes.get(name).element));
    const missing = names.filter((name) => !nodes.has(name));
    absent.replaceChildren(...missing.map((name) => button(`+ ${name}`, () => begin(name), { className: "chip" })));
  };
  const begin = (name) => {
    add(name, sample(properties[name], context.document));
    draw();
    nodes.get(name).control?.focus();
    context.changed();
  };
  for (const name of Object.keys(properties)) if (Object.hasOwn(value, name)) add(name, value[name]);
  draw();
  const unknown = Object.entries(value).filter(([name]) => !Object.hasOwn(properties, name)); // kept as they are
  const read = () => {
    const known = Object.keys(properties).filter((name) => nodes.has(name));
    return Object.fromEntries([...known.map((name) => [name, nodes.get(name).read()]), ...unknown]);
  };
  return { ...enclose(schema, field, fields, absent), read, at: (name) => nodes.get(name) };
}

function list(schema, value, context, field) {
  const isTuple = Array.isArray(schema.items);
  const items = make("div", { className: "fields" });
  let nodes = [];
  const schemaAt = (at) => (isTuple ? (schema.items[at] ?? schema.additionalItems) : schema.items) ?? {};
  const show = (values) => {
    nodes = values.map((each, at) => {
      const remove = () => (show(nodes.filter((_, other) => other !== at).map((node) => node.read())), context.changed());
      return build(schemaAt(at), each, context, { name: at, isRequired: true, remove: isTuple ? null : remove });
    });
    items.replaceChildren(...nodes.map((node) => node.element));
  };
  const more = button("+ item", () => {
    show([...nodes.map((node) => node.read()), sample(schemaAt(nodes.length), context.document)]);
    items.lastElementChild.querySelector("input, select, textarea")?.focus();
    context.changed();
  }, { className: "chip" });
  show(value);
  const absent = make("div", { className: "absent" }, !isTuple && more);
  return { ...enclose(schema, field, items, absent), read: () => nodes.map((node) => node.read()), at: (at) => nodes[at] };
}

/** Put fields together; what is wrong with all of it is said at its name. */
function enclose(schema, field, ...body) {
  const id = freshId();
  const description = field.description ?? schema.description;
  const error = make("p", { className: "error", id: `${id}-error` });
  if (field.name === "" && !field.picker) {
    const control = make("div", { id, className: "whole", tabIndex: -1, role: "group", "aria-label": "Payload" }, ...body, error);
    return { element: control, control };
  }
  const name = typeof field.name === "number" ? `item ${field.name}` : field.name || "payload";
  const control = make("fieldset", { id, tabIndex: -1 });
  const optional = !field.isRequired && field.name !== "" && make("span", { className: "optional", textContent: "optional" });
  control.append(
    make("legend", {}, make("span", { textContent: name }), optional || "", field.picker ?? "", field.remove ? remover(field) : ""),
    ...(description ? [make("p", { className: "hint", textContent: description })] : []),
    ...body,
    error,
  );
  return { element: control, control };
}

/** A value that no form fits: its JSON. */
function raw(schema, value, context, field) {
  let last = value;
  const control = make("textarea", { value: JSON.stringify(value, null, 1) ?? "", className: "code", spellcheck: false });
  control.rows = Math.min(8, control.value.split("\n").length);
  control.oninput = (event) => {
    event.stopPropagation(); // the form would take the error away
    try {
      last = JSON.parse(control.value);
      blame(control, "");
      context.changed();
    } catch {
      blame(control, `No JSON: ${fault(control.value)}`);
    }
  };
  return { element: frame(schema, { ...field }, control), control, read: () => last };
}
