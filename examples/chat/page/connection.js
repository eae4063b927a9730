// A connection that comes back by itself, and knows which answer belongs to which event.

const FIRST_DELAY = 500;
const LONGEST_DELAY = 30_000;
const PATIENCE = 10_000; // for a handshake, and for an answer
const PROVEN = 5_000; // a connection that has lasted so long was a good one

/** What the server answered instead of a reply; `details` say which fields are wrong, and why. */
export class Failure extends Error {
  constructor({ code, message, details = [] }) {
    super(message || code);
    this.code = code;
    this.details = details;
  }
}

/**
 * Dispatches "state" (what `state` says has changed), "push" (`detail` is the frame) and, for whoever wants to look
 * on, "frame" (`detail` is `{ sent, frame }`).
 *
 * `state.name` is "connecting", "connected", "waiting" (to try again at `state.until`) or "ended" (for good).
 */
export class Connection extends EventTarget {
  state = { name: "connecting" };
  #url;
  #socket;
  #timer;
  #failures = 0;
  #lastRef = 0;
  #calls = new Map();

  constructor(url) {
    super();
    this.#url = url;
    addEventListener("online", () => this.state.name === "waiting" && this.connect());
  }

  /** Connect now. */
  connect() {
    if (this.state.name === "connected") return;
    this.#drop();
    const socket = (this.#socket = new WebSocket(this.#url));
    socket.onopen = () => {
      this.#after(PROVEN, () => (this.#failures = 0));
      this.#become({ name: "connected" });
    };
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
    socket.onclose = ({ code }) => this.#lost(code);
    this.#after(PATIENCE, () => this.#lost());
    this.#become({ name: "connecting" });
  }

  /** Send an event; gives the payload of its reply, or throws a Failure. */
  async call(event, data) {
    if (this.state.name === "connecting") await this.#nextState();
    if (this.state.name !== "connected") {
      throw new Failure({ code: "offline", message: "There is no connection. Try again in a moment." });
    }
    const ref = ++this.#lastRef;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#lost(), PATIENCE); // whoever is silent so long is gone
      this.#calls.set(ref, { resolve, reject, timer });
      const frame = { event, data, ref };
      this.#socket.send(JSON.stringify(frame));
      this.#tell("frame", { sent: true, frame });
    });
  }

  #nextState() {
    return new Promise((resolve) => this.addEventListener("state", resolve, { once: true }));
  }

  #receive(frame) {
    this.#tell("frame", { sent: false, frame });
    const call = this.#calls.get(frame.ref);
    if (call) {
      this.#calls.delete(frame.ref);
      clearTimeout(call.timer);
      if (frame.status === "ok") call.resolve(frame.data);
      else call.reject(new Failure(frame.error));
    } else if (!frame.status) {
      this.#tell("push", frame);
    }
  }

  #lost(code) {
    this.#drop();
    for (const { reject, timer } of this.#calls.values()) {
      clearTimeout(timer);
      reject(new Failure({ code: "lost", message: "The connection broke before the server had answered." }));
    }
    this.#calls.clear();
    if (code >= 4500 && code <= 4999) return this.#become({ name: "ended", code });
    // Exponential back-off with full jitter: a thousand pages must not come back in the same instant.
    const delay = Math.random() * Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.#failures++);
    this.#after(delay, () => this.connect());
    this.#become({ name: "waiting", until: Date.now() + delay });
  }

  #drop() {
    clearTimeout(this.#timer);
    if (!this.#socket) return;
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close();
    this.#socket = null;
  }

  #after(delay, action) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(action, delay);
  }

  #become(state) {
    this.state = state;
    this.#tell("state");
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
