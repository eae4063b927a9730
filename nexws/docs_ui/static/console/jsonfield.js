// A text field for JSON, in colours: a text area that is seen through, above the same text.

import { freshId, make } from "./dom.js";
import { colour, fault } from "./json.js";

export class JsonField {
  #under = make("pre", { className: "under", "aria-hidden": "true" });
  #error;
  #onChange;

  constructor(label, onChange) {
    const id = freshId();
    this.#onChange = onChange;
    this.#error = make("p", { className: "error", id: `${id}-error`, role: "alert" });
    this.area = make("textarea", {
      id,
      spellcheck: false,
      autocomplete: "off",
      wrap: "soft",
      "aria-label": label,
      oninput: () => this.#changed(),
      onkeydown: (event) => this.#keepIndent(event),
    });
    this.element = make("div", { className: "json-field" }, make("div", { className: "layers" }, this.#under, this.area), this.#error);
  }

  get text() {
    return this.area.value;
  }

  set text(text) {
    this.area.value = text;
    this.#draw();
    this.read();
  }

  /** Parse the text: `{ value }`, or nothing where it is no JSON, which is said. */
  read() {
    try {
      const value = JSON.parse(this.area.value);
      this.#say("");
      return { value };
    } catch {
      this.#say(`No JSON: ${fault(this.area.value)}`);
      return null;
    }
  }

  #changed() {
    this.#draw();
    this.#onChange(this.read());
  }

  #draw() {
    this.#under.replaceChildren(...colour(this.area.value), "\n");
  }

  #say(text) {
    if (this.#error.textContent !== text) this.#error.textContent = text;
    if (text) this.area.setAttribute("aria-invalid", "true");
    else this.area.removeAttribute("aria-invalid");
    if (text) this.area.setAttribute("aria-describedby", this.#error.id);
    else this.area.removeAttribute("aria-describedby");
  }

  #keepIndent(event) {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.shiftKey || event.isComposing) return;
    const { value, selectionStart: at } = this.area;
    const line = value.slice(value.lastIndexOf("\n", at - 1) + 1, at);
    const indent = /^ */.exec(line)[0] + (/[[{]\s*$/.test(line) ? "  " : "");
    event.preventDefault();
    // Not setRangeText: with this, undoing works.
    document.execCommand("insertText", false, `\n${indent}`);
  }
}
