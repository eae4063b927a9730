// Where to connect, as whom, and the button that does it.

import { blame, button, labelled, make } from "./dom.js";

const HIDDEN = "•••";

export class ConnectPanel {
  #document;
  #actions;
  #channel = null;
  #inputs = []; // { field, input }
  #token = make("input", { type: "password", autocomplete: "off", spellcheck: false });
  #tokenAs = make("select", {});
  #subprotocols = make("input", { autocomplete: "off", spellcheck: false, placeholder: "none" });
  #select;
  #fields = make("div", { className: "fields" });
  #address = make("p", { className: "address" });
  #button = button("Connect", () => this.#pressed(), { className: "primary" });
  #state = make("span", { className: "state-text", role: "status" });
  #settings = make("details", { className: "settings", open: true });
  #status = make("div", { className: "status", "data-state": "idle" });

  /** *actions* are `connect(channel, url, protocols, shown)`, `disconnect()`, `choose(channel)` and `keep(values)`. */
  constructor(document, channels, actions) {
    this.#document = document;
    this.#actions = actions;
    this.#select = make("select", { onchange: () => actions.choose(channels.find(({ key }) => key === this.#select.value)) });
    this.#select.append(...channels.map(({ key, title, address }) => new Option(title === address ? address : `${title}  ${address}`, key)));
    this.#settings.append(make("summary", { textContent: "Settings" }), this.#fields);
    this.#status.append(make("span", { className: "dot", "aria-hidden": "true" }), this.#state);
    this.element = make(
      "form",
      { className: "connect", noValidate: true, autocomplete: "off", "aria-label": "Connection", onsubmit: (event) => (event.preventDefault(), this.#pressed()) },
      labelled("Channel", this.#select),
      this.#address,
      this.#button,
      this.#status,
      this.#settings,
    );
    this.#button.type = "submit";
    this.#button.onclick = null;
    this.element.addEventListener("input", () => this.#changed());
  }

  /** Show *channel* with the values that were kept of it. */
  open(channel, kept = {}) {
    this.#channel = channel;
    this.#select.value = channel.key;
    this.#inputs = channel.fields.map((field) => ({ field, input: inputOf(field, kept[`${field.in}:${field.name}`]) }));
    const fields = this.#inputs.map(({ field, input }) => {
      const place = field.in === "path" ? `{${field.name}}` : `?${field.name}`;
      return labelled(place, input, field.description);
    });
    if (this.#inputs.some(({ field, input }) => field.isRequired && !input.value)) this.#settings.open = true;
    this.#subprotocols.value = kept.subprotocols ?? channel.subprotocols[0] ?? "";
    const offered = channel.subprotocols.length ? `Offered: ${channel.subprotocols.join(", ")}` : "";
    this.#fields.replaceChildren(...fields, ...this.#tokenFields(channel), labelled("Subprotocols", this.#subprotocols, offered), ...notes(channel));
    this.#changed();
  }

  /** Show the state of a session. */
  show({ name, code, reason, meaning, subprotocol }) {
    const texts = {
      idle: "Not connected",
      connecting: "Connecting…",
      open: subprotocol ? `Connected, ${subprotocol}` : "Connected",
      closing: "Closing…",
      closed: code ? [`Closed: ${code}`, meaning.name, reason && `“${reason}”`].filter(Boolean).join(" ") : "Not connected",
    };
    this.#status.dataset.state = name;
    this.#state.textContent = texts[name];
    const again = { true: "Come back, after a while.", false: "Do not come back.", undefined: "" }[String(meaning?.reconnect)];
    this.#status.querySelector(".hint")?.remove();
    if (meaning && code !== 1000) this.#status.append(make("p", { className: "hint", textContent: `${meaning.description} ${again}` }));
    const isBusy = name === "open" || name === "connecting" || name === "closing";
    this.#button.textContent = { open: "Disconnect", connecting: "Stop", closing: "Disconnect" }[name] ?? "Connect";
    this.#button.classList.toggle("quiet", isBusy);
    if (name === "open") {
      if (this.#settings.contains(document.activeElement)) this.#button.focus(); // which is about to be hidden
      this.#settings.open = false;
    }
    this.isBusy = isBusy;
  }

  isBusy = false;

  #pressed() {
    if (this.isBusy) return this.#actions.disconnect();
    const missing = this.#inputs.filter(({ field, input }) => field.isRequired && !input.value);
    for (const { input } of this.#inputs) blame(input, "");
    for (const { input } of missing) blame(input, "is needed");
    if (missing.length) {
      this.#settings.open = true;
      return missing[0].input.focus();
    }
    this.#actions.connect(this.#channel, this.#url(this.#token.value), this.#protocols(), this.#url(HIDDEN));
  }

  #url(token) {
    const values = Object.fromEntries(this.#inputs.filter(({ field }) => field.in === "path").map(({ field, input }) => [field.name, input.value]));
    const address = this.#channel.address.replace(/\{([^}]+)\}/g, (whole, name) => (values[name] ? encodeURIComponent(values[name]) : whole));
    const query = this.#inputs
      .filter(({ field, input }) => field.in === "query" && input.value !== "")
      .flatMap(({ field, input }) => valuesOf(field, input).map((value) => [field.name, field.isSecret && token === HIDDEN ? HIDDEN : value]));
    if (this.#token.value && this.#tokenAs.value !== "") query.push([this.#tokenAs.value, token]);
    const pairs = query.map(([name, value]) => `${encodeURIComponent(name)}=${value === HIDDEN ? HIDDEN : encodeURIComponent(value)}`);
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    return `${scheme}://${location.host}${prefixOf(this.#document)}${address}${pairs.length ? `?${pairs.join("&")}` : ""}`;
  }

  #protocols() {
    const named = this.#subprotocols.value.split(/[\s,]+/).filter(Boolean);
    return this.#token.value && this.#tokenAs.value === "" ? [...named, this.#token.value] : named;
  }

  #tokenFields({ tokenNames, securitySchemes }) {
    this.#token.value = "";
    if (!securitySchemes.length) return [];
    this.#tokenAs.replaceChildren(...tokenNames.map((name) => new Option(`?${name}`, name)), new Option("the last subprotocol", ""));
    const described = securitySchemes.map(({ description }) => description).filter(Boolean).join(" ");
    return [labelled("Token", this.#token, `${described} It is kept nowhere.`.trim()), labelled("Sent as", this.#tokenAs)];
  }

  #changed() {
    this.#address.textContent = this.#url(HIDDEN);
    const values = this.#inputs.filter(({ field }) => !field.isSecret).map(({ field, input }) => [`${field.in}:${field.name}`, input.value]);
    const known = this.#subprotocols.value.split(/[\s,]+/).every((each) => !each || this.#channel.subprotocols.includes(each));
    if (known) values.push(["subprotocols", this.#subprotocols.value]); // any other one may be a token
    this.#actions.keep(this.#channel, Object.fromEntries(values));
  }
}

/** List what is written for a parameter; of one that takes several, line by line. */
function valuesOf(field, { value }) {
  return field.isList ? value.split("\n").filter((line) => line !== "") : [value];
}

function inputOf(field, kept) {
  const value = kept ?? field.value;
  if (field.isList) return make("textarea", { value, rows: 2, autocomplete: "off", spellcheck: false });
  if (!field.choices) return make("input", { value, type: field.isSecret ? "password" : "text", autocomplete: "off", spellcheck: false });
  const select = make("select", {}, ...(field.isRequired ? [] : [new Option("", "")]), ...field.choices.map((each) => new Option(String(each))));
  select.value = value;
  return select;
}

/** Say what browsers cannot do. */
function notes({ headers, cookies: declared, securitySchemes }) {
  const own = headers.filter(({ name }) => name.toLowerCase() !== "sec-websocket-protocol"); // which has a field
  const asked = [
    ...own.map(({ name }) => name),
    ...securitySchemes.filter((each) => each.type === "http").map((each) => `Authorization: ${each.scheme}`),
    ...securitySchemes.filter((each) => each.type === "httpApiKey" && each.in === "header").map((each) => each.name),
  ];
  const names = [...new Set(asked)];
  const needed = own.filter(({ isRequired }) => isRequired).map(({ name }) => name);
  const ofSchemes = securitySchemes.filter((each) => each.type === "httpApiKey" && each.in === "cookie").map((each) => each.name);
  const cookies = [...new Set([...declared.map(({ name }) => name), ...ofSchemes])];
  const asWell = declared.filter(({ isRequired }) => isRequired).map(({ name }) => name);
  const texts = [
    names.length && `Browsers set no headers on a WebSocket, so ${names.join(", ")} cannot be sent from here.`,
    needed.length && `The server refuses who connects without ${needed.join(", ")}.`,
    cookies.length && `The cookie ${cookies.join(", ")} goes along by itself, if this browser has it.`,
    asWell.length && `Without the cookie ${asWell.join(", ")}, the server refuses.`,
  ];
  return texts.filter(Boolean).map((text) => make("p", { className: "hint", textContent: text }));
}

/** The path in front of all addresses: of the server that served this page, if the document names it. */
function prefixOf({ servers = {} }) {
  const all = Object.values(servers);
  const server = all.find(({ host }) => host === location.host) ?? all[0];
  const path = (server?.pathname ?? "").replace(/\{([^}]+)\}/g, (whole, name) => server.variables?.[name]?.default ?? whole);
  return path.replace(/\/$/, "");
}
