// One event: its payload as a form and as JSON, and the button that sends it.

import { hex, sizeOf, unhex } from "./codec.js";
import { blame, button, freshId, labelled, make } from "./dom.js";
import { Form } from "./form.js";
import { write } from "./json.js";
import { JsonField } from "./jsonfield.js";
import { Outcome } from "./outcome.js";
import { sample } from "./sample.js";
import { pathText, validate } from "./validate.js";

export class Composer {
  #document;
  #actions;
  #channel = null;
  #event = null;
  #form;
  #json = new JsonField("Payload as JSON", (read) => this.#jsonChanged(read));
  #fit = make("p", { className: "fit", role: "status" });
  #ref = make("input", { className: "ref", value: "1", autocomplete: "off", spellcheck: false, placeholder: "none" });
  #lastRef = 1;
  #send = button("Send", () => this.send(), { className: "primary", disabled: true });
  #why = make("p", { className: "hint" });
  #head = make("header", { className: "event-head" });
  #tools = make("div", { className: "tools" });
  #panes = make("div", { className: "panes" });
  #bytes = new BytesField(() => this.#keep());
  #rest = make("input", { autocomplete: "off", spellcheck: false });
  outcome = new Outcome((path) => this.#goTo(path));

  /** *actions* are `send(wish)`, which gives an entry or null, and `keep(channel, event, text)`. */
  constructor(document, actions) {
    this.#document = document;
    this.#actions = actions;
    this.#form = new Form(document, (value) => this.#formChanged(value));
    const form = make("div", { className: "pane form-pane" }, this.#form.element);
    const json = make("div", { className: "pane json-pane" }, this.#json.element);
    const binary = make("div", { className: "pane bytes-pane" }, this.#bytes.element);
    this.#panes.append(form, json, binary);
    this.#tools.append(...this.#tabs());
    const refField = labelled("ref", this.#ref);
    refField.classList.add("ref-field");
    this.element = make(
      "section",
      { className: "composer", "aria-label": "Event" },
      this.#head,
      this.#tools,
      this.#panes,
      this.#fit,
      make("footer", { className: "send-bar" }, refField, button("↻", () => this.#freshRef(), {
        className: "icon", title: "A fresh ref", "aria-label": "A fresh ref",
      }), this.#send),
      this.#why,
      this.outcome.element,
    );
    this.#show("form");
  }

  /** Show *event* with what was written before, or with a payload to begin with. */
  open(channel, event, draft) {
    this.#channel = channel;
    this.#event = event;
    this.outcome.clear();
    this.#head.replaceChildren(...this.#headOf(event));
    const hasData = event.schema !== null && !event.isBinary;
    this.element.dataset.payload = event.isBinary ? "bytes" : hasData ? "json" : "none";
    if (event.isBinary) this.#bytes.text = draft ?? "";
    else if (hasData) this.#fill(draft ?? write(this.#first(event), 2));
    this.#judge();
  }

  /** Say whether it can be sent, and why not. */
  allow(why) {
    this.#send.disabled = why !== "";
    this.#why.textContent = why;
  }

  /** Write a payload, as an example or from the log. */
  fill(data) {
    if (this.#event.schema === null || this.#event.isBinary) return;
    this.#fill(write(data ?? null, 2));
    this.#keep();
  }

  send() {
    if (this.#send.disabled || !this.#event) return;
    const wish = { event: this.#event.name, isStream: this.#event.isStream, source: this.#event };
    if (this.#event.isFamily) {
      blame(this.#rest, this.#rest.value ? "" : "is needed");
      if (!this.#rest.value) return this.#rest.focus();
      wish.event = this.#event.name.replace("*", this.#rest.value);
    }
    if (this.#event.isBinary) {
      wish.bytes = this.#bytes.read();
      if (!wish.bytes) return;
    } else if (this.#event.schema !== null) {
      const read = this.#json.read();
      if (!read) return this.#show("json"), this.#json.area.focus();
      wish.data = read.value;
    }
    if (this.#ref.value !== "") wish.ref = this.#ref.value;
    this.#form.forgive();
    const entry = this.#actions.send(wish);
    if (!entry) return;
    this.outcome.sent(entry);
    if (this.#ref.value !== "") this.#freshRef();
  }

  /** Show how the event that was sent last went on; a failure is shown at the fields that it names. */
  answered(entry) {
    if (!this.outcome.shows(entry)) return;
    const details = entry.failure?.details ?? [];
    const places = details.map(({ loc = [], msg }) => entry.source === this.#event && this.#form.blame(loc, msg));
    this.outcome.answered(entry, details.map((detail, at) => ({ ...detail, isInForm: Boolean(places[at]) })));
    if (places.some(Boolean) && this.element.dataset.pane === "form") places.find(Boolean).focus();
  }

  #headOf(event) {
    const badges = [
      event.isStream && "stream",
      event.isBinary && "binary",
      event.isDeprecated && "deprecated",
      ...event.tags,
    ].filter(Boolean);
    const name = make("h2", { textContent: event.name });
    const parts = [make("div", { className: "title" }, name, ...badges.map((text) => make("span", { className: "badge", textContent: text })))];
    if (event.summary) parts.push(make("p", { textContent: event.summary }));
    if (event.description && event.description !== event.summary) parts.push(make("p", { className: "hint", textContent: event.description }));
    if (event.isFamily) parts.push(labelled(`Name: ${event.name.replace("*", "…")}`, this.#rest));
    if (event.examples.length) parts.push(this.#examples(event));
    return parts;
  }

  #examples(event) {
    const chips = event.examples.map(({ name, data }) => button(name, () => this.fill(data), { className: "chip" }));
    const reset = button("from the schema", () => this.fill(sample(event.schema, this.#document)), { className: "chip" });
    return make("div", { className: "examples" }, make("span", { textContent: "Fill in" }), ...chips, event.schema && reset);
  }

  #first(event) {
    return event.examples[0]?.data ?? sample(event.schema, this.#document);
  }

  #fill(text) {
    this.#json.text = text;
    const read = this.#json.read();
    if (read) this.#form.show(this.#event.schema, read.value);
    this.#judge();
  }

  #formChanged(value) {
    this.#json.text = write(value, 2);
    this.#changed();
  }

  #jsonChanged(read) {
    if (read) this.#form.show(this.#event.schema, read.value);
    this.#changed();
  }

  #changed() {
    this.#judge();
    this.#keep();
  }

  #keep() {
    this.#actions.keep(this.#channel, this.#event, this.#event.isBinary ? this.#bytes.text : this.#json.text);
  }

  #judge() {
    const { schema, isBinary } = this.#event;
    if (schema === null || isBinary) {
      this.#fit.textContent = isBinary ? "" : "This event carries no payload.";
      this.#fit.dataset.fits = "none";
      return;
    }
    let value;
    try {
      value = JSON.parse(this.#json.text);
    } catch {
      this.#fit.textContent = "";
      return;
    }
    const problems = validate(schema, value, this.#document);
    const size = sizeOf(this.#json.text);
    this.#fit.dataset.fits = String(!problems.length);
    const [first] = problems;
    const more = problems.length > 1 ? `, and ${problems.length - 1} more` : "";
    this.#fit.textContent = problems.length
      ? `Does not fit the contract: ${pathText(first.path) || "the payload"} ${first.text}${more}`
      : size > this.#channel.frameBytes
        ? `Fits the contract, but ${size} bytes are more than the ${this.#channel.frameBytes} of a frame`
        : "Fits the contract";
  }

  #freshRef() {
    this.#ref.value = String(++this.#lastRef);
  }

  #tabs() {
    const tab = (name, text) => button(text, () => this.#show(name), { id: `console-tab-${name}`, "data-pane": name });
    return [tab("form", "Form"), tab("json", "JSON")];
  }

  #show(pane) {
    this.element.dataset.pane = pane;
    for (const each of this.#tools.querySelectorAll("[data-pane]")) {
      each.setAttribute("aria-pressed", String(each.dataset.pane === pane));
    }
  }

  #goTo(path) {
    this.#show("form");
    this.#form.find(path)?.focus();
  }
}

/** Bytes to send: a file, text or hexadecimal digits. */
class BytesField {
  #kind;
  #area;
  #file;
  #error = make("p", { className: "error", role: "alert" });
  #chosen = null;

  constructor(onChange) {
    this.#area = make("textarea", { rows: 6, className: "code", spellcheck: false, oninput: onChange, id: freshId() });
    this.#file = make("input", { type: "file", onchange: () => this.#choose(), id: freshId() });
    this.#kind = make("select", { onchange: () => this.#show() }, new Option("Text", "text"), new Option("Hexadecimal", "hex"), new Option("File", "file"));
    this.element = make(
      "div",
      { className: "bytes" },
      labelled("Bytes from", this.#kind),
      labelled("Text", this.#area),
      labelled("File", this.#file),
      this.#error,
    );
    this.#show();
  }

  get text() {
    return this.#area.value;
  }

  set text(text) {
    this.#area.value = text;
  }

  /** Give the bytes; nothing, and a word about it, where there are none. */
  read() {
    this.#error.textContent = "";
    try {
      if (this.#kind.value === "text") return new TextEncoder().encode(this.#area.value);
      if (this.#kind.value === "hex") return unhex(this.#area.value);
      if (this.#chosen) return this.#chosen;
      throw new SyntaxError("choose a file");
    } catch (error) {
      this.#error.textContent = error.message;
      return null;
    }
  }

  async #choose() {
    const [file] = this.#file.files;
    this.#chosen = file ? new Uint8Array(await file.arrayBuffer()) : null;
    this.#error.textContent = "";
    if (this.#chosen) this.#area.value = hex(this.#chosen, 256);
  }

  #show() {
    this.element.dataset.kind = this.#kind.value;
    blame(this.#area, "");
  }
}
