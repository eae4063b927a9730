import { Connection, Failure } from "./connection.js";

const KEPT = 300; // messages of a group that the page holds
const SHOWN_FRAMES = 40;
const find = (id) => document.getElementById(id);
const connection = new Connection(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/chat`);

// Kept for this window alone, so that two windows can be two people.
let me = JSON.parse(sessionStorage.getItem("me") ?? "null"); // { name, group }
const groups = new Set(["lobby", "music", "weekend"]);
const logs = new Map(); // group -> messages, oldest first
const present = new Map(); // group -> names

/** Make an element. Whatever the server sends becomes text, never markup. */
function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

// --- what is sent

async function enter(form, wish) {
  const entered = await call(form, "chat.enter", wish);
  if (!entered) return false;
  logs.set(entered.group, merged(logs.get(entered.group) ?? [], entered.recent));
  me = { name: entered.name, group: entered.group };
  sessionStorage.setItem("me", JSON.stringify(me));
  groups.add(me.group);
  show();
  return true;
}

async function say(form) {
  const text = form.elements.text;
  text.readOnly = true;
  const said = await call(form, "chat.say", { text: text.value });
  text.readOnly = false;
  if (said) {
    text.value = "";
    measure();
    scrollDown();
  }
}

/** Send an event for a form; a failure is shown at the fields that caused it, or else as a notice. */
async function call(form, event, data) {
  forgive(form);
  try {
    return (await connection.call(event, data)) ?? {};
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    const wrong = failure.details.filter(({ loc, msg }) => blame(form.elements.namedItem(loc[0]), msg));
    if (!wrong.length) notify(failure.message);
    form.querySelector("[aria-invalid]")?.focus();
    return null;
  }
}

function blame(field, problem) {
  if (!field) return false;
  const error = find(`${field.id}-error`);
  error.textContent = problem;
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", error.id);
  return true;
}

function forgive(form) {
  notify("");
  for (const field of form.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
    find(`${field.id}-error`).textContent = "";
  }
}

function notify(text) {
  find("notice-text").textContent = text;
  find("notice").hidden = !text;
}

// --- what arrives

connection.addEventListener("push", ({ detail: { event, data } }) => {
  if (event === "chat.said") {
    const log = merged(logs.get(data.group) ?? [], [data]);
    logs.set(data.group, log);
    if (data.group === me?.group) append(data, log.at(-2));
  } else if (event === "chat.present") {
    present.set(data.group, data.names);
    if (data.group === me?.group) showPeople();
  }
});

connection.addEventListener("state", () => {
  showState();
  if (connection.state.name === "connected" && me) enter(find("enter"), me);
});

connection.addEventListener("frame", ({ detail: { sent, frame } }) => {
  const kind = sent ? "sent" : (frame.status ?? "push");
  const about = { sent: "sent", ok: "reply", error: "failure", push: "push" }[kind];
  const item = make(
    "li",
    { className: kind },
    make("p", {}, make("b", { textContent: frame.event }), make("span", { textContent: about })),
    make("pre", { textContent: JSON.stringify(frame, shortened, 1).replace(/\n\s*/g, " ") }),
  );
  const frames = find("frames");
  frames.prepend(item);
  if (frames.childElementCount > SHOWN_FRAMES) frames.lastElementChild.remove();
});

function shortened(_key, value) {
  if (typeof value === "string" && value.length > 90) return `${value.slice(0, 90)}…`;
  if (Array.isArray(value) && value.length > 3) return [...value.slice(0, 3), `… and ${value.length - 3} more`];
  return value;
}

/** Both lists as one, each message once, in the order of the server's clock. */
function merged(some, others) {
  const byId = new Map([...some, ...others].map((message) => [message.id, message]));
  return [...byId.values()].sort((one, other) => Date.parse(one.at) - Date.parse(other.at)).slice(-KEPT);
}

// --- what is seen

function show() {
  find("group").textContent = me.group;
  find("me").textContent = me.name;
  document.title = `#${me.group} · nexws chat`;
  find("groups").replaceChildren(
    ...[...groups].map((group) => {
      const button = make("button", { type: "button", textContent: group });
      if (group === me.group) button.setAttribute("aria-current", "true");
      button.addEventListener("click", async () => {
        openSide(false);
        if (await enter(find("join"), { name: me.name, group })) {
          find("groups").querySelector("[aria-current]").focus();
        }
      });
      return make("li", {}, button);
    }),
  );
  find("log").setAttribute("aria-busy", "true"); // old messages are not read out
  find("messages").replaceChildren();
  (logs.get(me.group) ?? []).forEach((message, index, log) => append(message, log[index - 1]));
  find("log").setAttribute("aria-busy", "false");
  scrollDown();
  showPeople();
}

function append(message, before) {
  const at = new Date(message.at);
  const time = make("time", { dateTime: message.at, title: at.toLocaleString() });
  time.textContent = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const item = make(
    "li",
    {},
    avatar(message.name),
    make("p", { className: "by" }, make("b", { textContent: message.name }), time),
    make("p", { className: "text", textContent: message.text }),
  );
  item.classList.toggle("mine", message.name === me.name);
  item.classList.toggle("goes-on", before?.name === message.name && at - new Date(before.at) < 120_000);
  const messages = find("messages");
  messages.append(item);
  if (messages.childElementCount > KEPT) messages.firstElementChild.remove();
  if (isAtEnd) scrollDown();
}

let isAtEnd = true; // whoever reads what was said before is left in peace
find("log").addEventListener("scroll", ({ target: log }) => {
  isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
});
new ResizeObserver(() => isAtEnd && scrollDown()).observe(find("log"));

function scrollDown() {
  find("log").scrollTop = find("log").scrollHeight;
}

function showPeople() {
  find("people").replaceChildren(
    ...(present.get(me.group) ?? []).map((name) => make("li", {}, avatar(name), make("span", { textContent: name }))),
  );
}

function avatar(name) {
  const element = make("span", { className: "avatar", textContent: [...name][0] });
  element.setAttribute("aria-hidden", "true");
  const hue = [...name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 360, 7);
  element.style.setProperty("--hue", hue);
  return element;
}

function showState() {
  const { name, code, until } = connection.state;
  const texts = {
    connecting: "Connecting",
    connected: "Connected",
    waiting: navigator.onLine ? "Reconnecting" : "Offline",
    ended: `Ended by the server (${code})`,
  };
  find("status").dataset.state = name;
  if (find("status-text").textContent !== texts[name]) find("status-text").textContent = texts[name];
  find("countdown").textContent = until ? `in ${Math.max(Math.ceil((until - Date.now()) / 1000), 1)} s` : "";
  find("reconnect").hidden = name !== "waiting" && name !== "ended";
}

function measure() {
  const text = find("say-text");
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight}px`;
  const count = find("count");
  const length = [...text.value.trim()].length; // as the server counts
  count.textContent = length > count.dataset.most * 0.8 ? `${length} / ${count.dataset.most}` : "";
  count.classList.toggle("over", length > count.dataset.most);
}

function openSide(isOpen) {
  if (document.body.classList.contains("side-open") === isOpen) return;
  document.body.classList.toggle("side-open", isOpen);
  find("menu").setAttribute("aria-expanded", isOpen);
  (isOpen ? find("groups").querySelector("[aria-current]") : find("menu")).focus();
}

function openWire(isOpen) {
  document.body.classList.toggle("wire-open", isOpen);
  find("wire-toggle").setAttribute("aria-expanded", isOpen);
}

// --- what people do

function onSubmit(id, action) {
  find(id).addEventListener("submit", (event) => {
    event.preventDefault();
    action(event.target);
  });
  find(id).addEventListener("input", (event) => forgive(event.currentTarget));
}

onSubmit("enter", async (form) => {
  const { name, group } = form.elements;
  if (await enter(form, { name: name.value, group: group.value })) {
    document.body.dataset.view = "chat";
    scrollDown();
    find("say-text").focus();
  }
});

onSubmit("join", async (form) => {
  if (await enter(form, { name: me.name, group: form.elements.group.value })) {
    form.reset();
    openSide(false);
  }
});

onSubmit("say", say);

find("say-text").addEventListener("input", measure);
find("say-text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    if (!event.target.readOnly) find("say").requestSubmit();
  }
});

find("rename").addEventListener("click", () => {
  const { name, group } = find("enter").elements;
  [name.value, group.value] = [me.name, me.group];
  openSide(false);
  document.body.dataset.view = "welcome";
  name.select();
});

find("menu").addEventListener("click", () => openSide(!document.body.classList.contains("side-open")));
find("scrim").addEventListener("click", () => openSide(false));
find("wire-toggle").addEventListener("click", () => openWire(!document.body.classList.contains("wire-open")));
find("reconnect").addEventListener("click", () => connection.connect());
find("notice-close").addEventListener("click", () => notify(""));
addEventListener("keydown", (event) => event.key === "Escape" && openSide(false));

// A keyboard on the glass takes room away: the page shrinks with what is left to see.
visualViewport?.addEventListener("resize", () => {
  if (visualViewport.scale === 1) {
    document.documentElement.style.setProperty("--height", `${visualViewport.height}px`);
  }
});

setInterval(() => connection.state.name === "waiting" && showState(), 250);
openWire(matchMedia("(min-width: 68rem)").matches);
if (me) {
  document.body.dataset.view = "chat";
  show();
} else {
  find("enter-name").focus();
}
connection.connect();
