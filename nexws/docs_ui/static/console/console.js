// The console: a client for any channel of the document. It connects when it is told to, and not before.

import { Composer } from "./composer.js";
import { ConnectPanel } from "./connect.js";
import { channelsOf } from "./contract.js";
import { button, make } from "./dom.js";
import { EventList } from "./events.js";
import { Log } from "./log.js";
import { Session } from "./session.js";
import { Store } from "./store.js";

const PANES = { connect: "Connect", event: "Event", log: "Log" };

/** Build the console of *document* in *root*. */
export function openConsole(root, document) {
  return new Console(root, document, channelsOf(document));
}

class Console {
  #root;
  #channels;
  #channel = null;
  #event = null;
  #session = new Session();
  #store = new Store();
  #connect;
  #events = new EventList((event, isWalking) => this.#open(event, isWalking ? null : "event"));
  #composer;
  #log = new Log({ cancel: (request) => this.#session.cancel(request), reuse: (entry) => this.#reuse(entry) });
  #unread = 0;
  #panes = make("nav", { className: "panes-bar", "aria-label": "Parts of the console" });

  constructor(root, document, channels) {
    this.#root = root;
    this.#channels = channels;
    if (!channels.length) {
      root.append(make("p", { className: "notice", textContent: "The document describes no channel to connect to." }));
      return;
    }
    this.#connect = new ConnectPanel(document, channels, {
      connect: (...target) => this.#session.connect(...target),
      disconnect: () => this.#session.disconnect(),
      choose: (channel) => this.#choose(channel),
      keep: (channel, values) => this.#store.set(values, "connection", channel.key),
    });
    this.#composer = new Composer(document, {
      send: (wish) => this.#session.send(wish),
      keep: (channel, event, text) => this.#store.set(text, "draft", channel.key, event.key),
    });
    root.append(
      make("div", { className: "side" }, this.#connect.element, this.#events.element),
      this.#composer.element,
      this.#log.element,
      this.#panes,
    );
    this.#panes.append(...Object.entries(PANES).map(([name, text]) => button(text, () => this.#showPane(name), { "data-pane": name })));
    this.#listen();
    this.#showPane("connect");
    this.#choose(channels.find(({ key }) => key === this.#store.get("channel")) ?? channels[0]);
    this.#showState();
  }

  /** Open the event of an operation, by its name in the document; nothing without one. */
  choose(operation) {
    for (const channel of operation ? this.#channels : []) {
      const event = channel.events.find((each) => each.operation === operation);
      if (!event) continue;
      if (channel !== this.#channel) this.#choose(channel);
      this.#open(event, "event");
      this.#events.show(channel.events, event);
      return;
    }
  }

  #listen() {
    this.#session.addEventListener("state", () => this.#showState());
    this.#session.addEventListener("entry", ({ detail: entry }) => {
      this.#log.add(entry);
      if (this.#root.dataset.pane !== "log") this.#showUnread(this.#unread + 1);
    });
    this.#session.addEventListener("change", ({ detail: request }) => {
      this.#log.change(request);
      this.#composer.answered(request);
    });
    addEventListener("keydown", (event) => {
      if (this.#root.hidden || event.isComposing) return;
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        this.#composer.send();
      } else if (event.key === "Escape") {
        this.#events.focus();
      }
    });
  }

  #choose(channel) {
    this.#channel = channel;
    this.#store.set(channel.key, "channel");
    this.#connect.open(channel, this.#store.get("connection", channel.key));
    const event = channel.events.find(({ key }) => key === this.#store.get("event", channel.key)) ?? channel.events[0];
    this.#events.show(channel.events, event);
    if (event) this.#open(event, null);
    this.#showState();
  }

  #open(event, pane) {
    this.#event = event;
    this.#store.set(event.key, "event", this.#channel.key);
    this.#composer.open(this.#channel, event, this.#store.get("draft", this.#channel.key, event.key));
    if (pane) this.#showPane(pane);
  }

  #reuse({ source, channel, parts }) {
    if (channel !== this.#channel) this.#choose(channel);
    this.#open(source, "event");
    this.#events.show(channel.events, source);
    this.#composer.fill(parts.data);
  }

  #showState() {
    const { state, channel } = this.#session;
    this.#connect.show(state);
    this.#root.dataset.state = state.name;
    if (!this.#event) this.#composer.allow("This channel has no event that clients send.");
    else if (state.name !== "open") this.#composer.allow("Connect first.");
    else if (channel !== this.#channel) this.#composer.allow(`The connection is to ${channel.address}.`);
    else this.#composer.allow("");
  }

  #showPane(name) {
    this.#root.dataset.pane = name;
    for (const each of this.#panes.children) each.setAttribute("aria-pressed", String(each.dataset.pane === name));
    if (name === "log") this.#showUnread(0);
  }

  #showUnread(count) {
    this.#unread = count;
    this.#panes.lastElementChild.textContent = count ? `${PANES.log} (${count})` : PANES.log;
  }
}
