// What crossed the wire: the newest 1000 frames, answers beneath what they answer.

import { button, copy, labelled, make } from "./dom.js";
import { write } from "./json.js";
import { milliseconds } from "./outcome.js";
import { isNote, isReceived, line, row } from "./rows.js";

const KEPT = 1000;
const PAUSE = 80; // milliseconds between two drawings: hundreds of frames a second must leave time for everything else
const SETTLING = 300; // milliseconds
const UNFOLDED = 6; // answers of one request that are shown before it is unfolded
const FILTERS = {
  all: ["All frames", () => true],
  sent: ["Sent", ({ kind }) => kind === "sent" || kind === "cancel"],
  answers: ["Answers", ({ kind }) => kind === "reply" || kind === "item" || kind === "done"],
  pushes: ["Pushes", ({ kind }) => kind === "push"],
  failures: ["Failures", ({ kind }) => kind === "failure"],
  wrong: ["Not in the contract", ({ problems }) => problems.length > 0],
  connection: ["Connection", isNote],
};

export class Log {
  #actions;
  #entries = []; // oldest first
  #views = new Map(); // entries -> { element, answers, phase, fold }
  #fresh = []; // to be drawn with the next frame of the screen
  #changed = new Set();
  #isDue = false;
  #drawn = 0; // when
  #touched = 0; // when
  #isPaused = false;
  #dropped = 0;
  #list = make("ol", { className: "frames", tabIndex: 0, "aria-label": "Frames" });
  #empty = make("p", { className: "empty", textContent: "What crosses the wire is shown here." });
  #count = make("span", { className: "count" });
  #filter = make("input", { type: "search", placeholder: "Filter", autocomplete: "off", spellcheck: false, oninput: () => this.#filterAll() });
  #kind = make("select", { onchange: () => this.#filterAll() });
  #pause = button("Pause", () => this.#setPaused(!this.#isPaused), { "aria-pressed": "false" });
  #newest = button("↓ newest", () => this.#toEnd(), { className: "newest", hidden: true });
  #isAtEnd = true;

  /** *actions* are `cancel(request)` and `reuse(entry)`. */
  constructor(actions) {
    this.#actions = actions;
    this.#kind.append(...Object.entries(FILTERS).map(([name, [text]]) => new Option(text, name)));
    this.#list.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    for (const each of ["wheel", "touchmove", "keydown", "pointerdown"]) {
      this.#list.addEventListener(each, () => (this.#touched = performance.now()), { passive: true });
    }
    new ResizeObserver(() => this.#isAtEnd && this.#toEnd()).observe(this.#list);
    this.#filter.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.#filter.value) return;
      this.#filter.value = "";
      this.#filterAll();
    });
    const copyAll = button("Copy", async () => {
      await copy(this.#visible().map(line).join("\n"));
      copyAll.textContent = "Copied";
      setTimeout(() => (copyAll.textContent = "Copy"), 1500);
    }, { title: "Copy what is shown, as lines of JSON" });
    const clear = button("Clear", () => this.clear());
    const tools = [labelled("Filter", this.#filter), labelled("Kind", this.#kind), this.#pause, copyAll, clear];
    this.element = make(
      "section",
      { className: "log", "aria-label": "Log" },
      make("div", { className: "log-tools" }, ...tools),
      this.#empty,
      this.#list,
      this.#newest,
      this.#count,
    );
  }

  add(entry) {
    this.#entries.push(entry);
    if (this.#entries.length > KEPT) this.#drop();
    this.#fresh.push(entry);
    if (this.#isPaused) {
      if (this.#fresh.length > KEPT) this.#fresh.shift();
      this.#pause.textContent = `Go on (${this.#fresh.length} new)`;
    } else this.#plan();
  }

  /** Show that a request has been answered, or will not be. */
  change(request) {
    this.#changed.add(request);
    if (!this.#isPaused) this.#plan();
  }

  clear() {
    this.#entries = this.#entries.filter((entry) => entry.phase === "streaming" || entry.phase === "waiting");
    this.#views.clear();
    this.#list.replaceChildren();
    this.#fresh = [...this.#entries];
    for (const entry of this.#entries) this.#changed.add(entry);
    this.#dropped = 0;
    this.#plan();
  }

  #plan() {
    if (this.#isDue) return;
    this.#isDue = true;
    // A page in the background draws nothing, but is told of at most a thousand frames when it comes back.
    const wait = Math.max(0, this.#drawn + PAUSE - performance.now());
    setTimeout(() => requestAnimationFrame(() => this.#draw()), wait);
  }

  #draw() {
    this.#isDue = false;
    this.#drawn = performance.now();
    const kept = this.#fresh.length > KEPT ? new Set(this.#entries) : null;
    for (const entry of this.#fresh) {
      if (!entry.isDropped && (!kept || kept.has(entry))) this.#place(entry);
    }
    this.#fresh = [];
    for (const request of this.#changed) this.#showPhase(request);
    this.#changed.clear();
    this.#empty.hidden = this.#entries.length > 0;
    this.#count.textContent = this.#dropped ? `${this.#entries.length} frames, ${this.#dropped} older ones dropped` : `${this.#entries.length} ${this.#entries.length === 1 ? "frame" : "frames"}`;
    if (!this.#isAtEnd) return;
    this.#toEnd();
    requestAnimationFrame(() => this.#isAtEnd && this.#toEnd()); // rows have their true height only now
  }

  #place(entry) {
    entry.parts ??= partsOf(entry);
    const element = row(entry, this.#actions);
    const above = entry.request && this.#views.get(entry.request);
    if (above) {
      above.answers.append(element);
      above.size++;
      this.#changed.add(entry.request);
      this.#views.set(entry, { element });
    } else {
      const view = this.#group(entry, element);
      this.#list.append(view.group);
      this.#views.set(entry, view);
      if (entry.phase) this.#changed.add(entry);
    }
    this.#filterOne(entry);
  }

  #group(entry, element) {
    const group = make("li", { className: "group" }, element);
    if (entry.kind !== "sent") return { group, element };
    const phase = make("span", { className: "phase" });
    const cancel = button("Cancel", () => this.#actions.cancel(entry), { className: "cancel", hidden: true });
    const fold = button("", () => group.classList.toggle("unfolded"), { className: "fold link", hidden: true });
    const answers = make("div", { className: "answers" });
    group.append(make("div", { className: "course" }, phase, cancel), fold, answers);
    return { group, element, phase, cancel, fold, answers, size: 0 };
  }

  #showPhase(request) {
    const view = this.#views.get(request);
    if (!view?.phase) return;
    const texts = {
      waiting: "waiting…",
      streaming: `streaming, ${request.answers} ${request.answers === 1 ? "item" : "items"}`,
      done: milliseconds(request.ms ?? 0),
      failed: milliseconds(request.ms ?? 0),
      unanswered: "no answer",
      sent: "",
    };
    view.group.dataset.phase = request.phase;
    view.phase.textContent = texts[request.phase];
    view.cancel.hidden = !(request.isStream && (request.phase === "waiting" || request.phase === "streaming"));
    const folded = view.size - UNFOLDED;
    view.fold.hidden = folded <= 0;
    view.fold.textContent = `${folded} earlier ${folded === 1 ? "answer" : "answers"}`;
  }

  /** Let the oldest frame go; a request stays as long as its answers do, or as it waits for one. */
  #drop() {
    const held = (entry) => {
      const view = this.#views.get(entry);
      return view?.size > 0 || entry.phase === "waiting" || entry.phase === "streaming";
    };
    const at = Math.max(this.#entries.findIndex((entry) => !held(entry)), 0);
    const [entry] = this.#entries.splice(at, 1);
    entry.isDropped = true;
    this.#dropped++;
    const view = this.#views.get(entry);
    if (!view) return;
    (view.group ?? view.element).remove();
    this.#views.delete(entry);
    const above = entry.request && this.#views.get(entry.request);
    if (above) {
      above.size--;
      this.#changed.add(entry.request);
    }
  }

  #setPaused(isPaused) {
    this.#isPaused = isPaused;
    this.#pause.setAttribute("aria-pressed", String(isPaused));
    this.#pause.textContent = isPaused ? "Go on" : "Pause";
    if (!isPaused) this.#plan();
  }

  // --- the filter

  #matches(entry) {
    if (!FILTERS[this.#kind.value][1](entry)) return false;
    const wanted = this.#filter.value.trim().toLowerCase();
    if (!wanted) return true;
    entry.haystack ??= [entry.event, entry.kind, entry.text, entry.raw, entry.frame && write(entry.frame)].join(" ").toLowerCase();
    return entry.haystack.includes(wanted);
  }

  #visible() {
    return this.#entries.filter((entry) => this.#matches(entry));
  }

  #filterAll() {
    this.#list.classList.toggle("filtered", this.#kind.value !== "all" || this.#filter.value.trim() !== "");
    for (const { group } of this.#views.values()) if (group) group.hidden = true;
    for (const entry of this.#entries) this.#filterOne(entry);
    this.#toEnd();
  }

  #filterOne(entry) {
    const view = this.#views.get(entry);
    if (!view) return;
    const matches = this.#matches(entry);
    if (view.group) {
      view.group.hidden = !matches;
      return;
    }
    view.element.hidden = !matches;
    const above = this.#views.get(entry.request);
    if (matches && above) above.group.hidden = false; // an answer without its question says little
  }

  // --- the end of the list

  #scrolled() {
    const isAtEnd = this.#list.scrollHeight - this.#list.scrollTop - this.#list.clientHeight < 60;
    // Rows get their true height a moment after they were drawn: then nobody has scrolled, and the end is followed.
    const now = performance.now();
    const isSettling = now - this.#drawn < SETTLING && now - this.#touched > SETTLING;
    if (!isAtEnd && this.#isAtEnd && isSettling) return this.#toEnd();
    this.#isAtEnd = isAtEnd;
    this.#newest.hidden = isAtEnd;
  }

  #toEnd() {
    this.#list.scrollTop = this.#list.scrollHeight;
    this.#newest.hidden = true;
  }
}

function partsOf({ channel, frame, ...entry }) {
  if (!channel || !frame) return {};
  return isReceived(entry) || entry.kind === "sent" ? channel.read(frame) : {};
}
