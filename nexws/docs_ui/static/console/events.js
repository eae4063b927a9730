// The list of events, which is searched as one types, and walked with the arrow keys; the protocol's own are folded away.

import { button, freshId, make } from "./dom.js";

export class EventList {
  #onChoose;
  #events = [];
  #chosen = null;
  #list = make("ul", { id: freshId(), role: "listbox", "aria-label": "Events" });
  #search = make("input", {
    type: "search",
    placeholder: "Search events",
    autocomplete: "off",
    spellcheck: false,
    role: "combobox",
    "aria-label": "Search events",
    "aria-expanded": "true",
    "aria-autocomplete": "list",
    "aria-controls": this.#list.id,
    oninput: () => this.#draw(),
  });
  #fold = button("Protocol", () => this.#unfold(!this.#isUnfolded), { className: "protocol", "aria-controls": this.#list.id });
  #isUnfolded = false;
  #none = make("p", { className: "hint", textContent: "No event is called so.", hidden: true });

  constructor(onChoose) {
    this.#onChoose = onChoose;
    this.element = make("nav", { className: "events", "aria-label": "Events" }, this.#search, this.#list, this.#none, this.#fold);
    this.element.addEventListener("keydown", (event) => this.#key(event));
  }

  show(events, chosen) {
    this.#events = events;
    this.#chosen = chosen;
    this.#search.value = "";
    this.#unfold(this.#isUnfolded || Boolean(chosen?.isReserved));
  }

  focus() {
    this.#search.select();
    this.#search.focus();
  }

  /** List the events that have what is searched; those of the protocol last, where they are unfolded or searched for. */
  #found() {
    const words = this.#search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = this.#events.filter(({ name, summary, tags }) => {
      const text = [name, summary, ...tags].join(" ").toLowerCase();
      return words.every((word) => text.includes(word));
    });
    const reserved = words.length || this.#isUnfolded ? found.filter((each) => each.isReserved) : [];
    return [...found.filter((each) => !each.isReserved), ...reserved];
  }

  #unfold(isUnfolded) {
    this.#isUnfolded = isUnfolded;
    this.#fold.setAttribute("aria-expanded", String(isUnfolded));
    this.#draw();
  }

  #draw() {
    const found = this.#found();
    this.#none.hidden = found.length > 0 || !this.#search.value;
    this.#fold.hidden = this.#search.value !== "" || !this.#events.some((each) => each.isReserved);
    this.#list.replaceChildren(...found.map((event) => this.#option(event)));
    const chosen = this.#list.querySelector("[aria-selected=true]");
    if (chosen) this.#search.setAttribute("aria-activedescendant", chosen.id);
    else this.#search.removeAttribute("aria-activedescendant");
    const { top, bottom } = this.#list.getBoundingClientRect();
    const at = chosen?.getBoundingClientRect();
    if (at && (at.top < top || at.bottom > bottom)) chosen.scrollIntoView({ block: "nearest" });
  }

  #option(event) {
    const option = make(
      "li",
      { id: freshId(), role: "option", "aria-selected": String(event === this.#chosen), onclick: () => this.#choose(event, false) },
      make("b", { textContent: event.name }),
      event.isStream && make("span", { className: "badge", textContent: "stream" }),
      event.isBinary && make("span", { className: "badge", textContent: "binary" }),
      event.summary && make("span", { className: "summary", textContent: event.summary }),
    );
    option.classList.toggle("deprecated", event.isDeprecated);
    option.classList.toggle("reserved", event.isReserved);
    return option;
  }

  #choose(event, isWalking) {
    this.#chosen = event;
    this.#draw();
    this.#onChoose(event, isWalking);
  }

  #key(event) {
    const found = this.#found();
    const at = found.indexOf(this.#chosen);
    const steps = { ArrowDown: at + 1, ArrowUp: at < 0 ? found.length - 1 : at - 1, Home: 0, End: found.length - 1 };
    if (event.key === "Escape" && this.#search.value) {
      this.#search.value = "";
      this.#draw();
    } else if (event.key === "Enter" && found.length) {
      this.#choose(at < 0 ? found[0] : found[at], false);
    } else if (event.key in steps && found.length && (event.key.startsWith("Arrow") || !this.#search.value)) {
      this.#choose(found[Math.min(Math.max(steps[event.key], 0), found.length - 1)], true);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
