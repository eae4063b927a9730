// What survives a reload of this window: what was written, never a token.

const KEY = `nexws-console:${location.pathname}`;
const MOST = 200_000; // characters of one draft

export class Store {
  #kept;

  constructor() {
    try {
      this.#kept = JSON.parse(sessionStorage.getItem(KEY)) ?? {};
    } catch {
      this.#kept = {}; // storage is off, or holds what is not ours
    }
  }

  get(...path) {
    return this.#kept[path.join("\n")];
  }

  set(value, ...path) {
    if (typeof value === "string" && value.length > MOST) return;
    this.#kept[path.join("\n")] = value;
    try {
      sessionStorage.setItem(KEY, JSON.stringify(this.#kept));
    } catch {
      // Storage is off or full: drafts last as long as the page.
    }
  }
}
