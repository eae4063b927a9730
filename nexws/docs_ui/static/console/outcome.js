// How the event that was sent last went on, in one line that is read out.

import { button, make } from "./dom.js";
import { pathText } from "./validate.js";

export class Outcome {
  element = make("div", { className: "outcome" });
  #line = make("p", { role: "status" });
  #details = make("ul", {});
  #entry = null;
  #onPlace;

  /** *onPlace* is called with the path of a detail that is clicked. */
  constructor(onPlace) {
    this.#onPlace = onPlace;
    this.element.append(this.#line, this.#details);
  }

  shows(entry) {
    return this.#entry === entry;
  }

  clear() {
    this.#entry = null;
    this.#say("", "");
  }

  sent(entry) {
    this.#entry = entry;
    if (entry.phase === "waiting") this.#say("waiting", "Sent, waiting for the answer…");
    else if (entry.ref === undefined) this.#say("done", "Sent without a ref: only a failure would be answered.");
    else this.#say("done", "Sent.");
  }

  answered(entry, details) {
    const took = entry.ms === undefined ? "" : ` after ${milliseconds(entry.ms)}`;
    const items = (entry.answers ?? 1) - 1;
    const texts = {
      waiting: "Sent, waiting for the answer…",
      streaming: "The stream is running.",
      done: entry.isStream ? `The stream ended with ${items} ${items === 1 ? "item" : "items"}${took}.` : `Answered${took}.`,
      failed: `${entry.failure?.code}: ${entry.failure?.message}`,
      unanswered: "The connection ended before the answer.",
    };
    this.#say(entry.phase, texts[entry.phase] ?? "", details);
  }

  #say(phase, text, details = []) {
    this.element.dataset.phase = phase;
    if (this.#line.textContent !== text) this.#line.textContent = text;
    this.#details.replaceChildren(
      ...details.map(({ loc = [], msg, isInForm }) => {
        const place = pathText(loc) || "payload";
        const name = isInForm
          ? button(place, () => this.#onPlace(loc), { className: "link" })
          : make("code", { textContent: place });
        return make("li", {}, name, ` ${msg}`);
      }),
    );
  }
}

/** Write a duration as people read it. */
export function milliseconds(ms) {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}
