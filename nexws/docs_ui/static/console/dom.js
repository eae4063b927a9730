// Elements. Whatever comes from outside becomes text, never markup.

/** Make an element: properties, or attributes where the name has a hyphen. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role") element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function button(text, onclick, properties = {}) {
  return make("button", { type: "button", textContent: text, onclick, ...properties });
}

let lastId = 0;

/** Give an identifier that no other element has. */
export function freshId() {
  return `console-${++lastId}`;
}

/** Make what people see as one field: a label, the control, a hint, and a place for what is wrong with it. */
export function labelled(text, control, hint = "") {
  control.id ||= freshId();
  const error = make("p", { className: "error", id: `${control.id}-error` });
  const label = make("label", { textContent: text, htmlFor: control.id });
  return make("div", { className: "field" }, label, control, hint && make("p", { className: "hint", textContent: hint }), error);
}

/** Say at a control what is wrong with it; nothing with an empty *text*. */
export function blame(control, text) {
  const error = document.getElementById(`${control.id}-error`);
  if (error) error.textContent = text;
  if (text) control.setAttribute("aria-invalid", "true");
  else control.removeAttribute("aria-invalid");
  if (text && error) control.setAttribute("aria-describedby", error.id);
  else control.removeAttribute("aria-describedby");
}

/** Put *text* on the clipboard, also where the page is not served securely. */
export async function copy(text) {
  if (navigator.clipboard && isSecureContext) return navigator.clipboard.writeText(text);
  const field = make("textarea", { value: text, className: "unseen" });
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}
