// The page: fetches the document, shows it in the viewer, and opens the console where it is wanted.

import { shape } from "./shape.js";
import { linkToConsole } from "./viewer.js";

const find = (id) => document.getElementById(id);
const { document: documentUrl, static: staticUrl } = document.body.dataset;
const hasConsole = "console" in document.body.dataset;
const THEMES = { system: "Colours: as the system has them", light: "Colours: light", dark: "Colours: dark" };

const fetched = fetchDocument();
let viewer; // promises: each part is loaded when it is first looked at
let consoleView;

async function fetchDocument() {
  const response = await fetch(documentUrl, { headers: { accept: "application/json" } });
  if (!response.ok) throw new Error(`${documentUrl} was answered with ${response.status} ${response.statusText}`);
  return response.json();
}

function fail(error) {
  find("failure").textContent = `The document cannot be shown: ${error.message}`;
  find("failure").hidden = false;
}

async function showViewer() {
  try {
    const [fetchedDocument] = await Promise.all([fetched, loadScript(`${staticUrl}/asyncapi-react/index.js`)]);
    const config = {
      show: { sidebar: true, errors: true, messages: false },
      sidebar: { showOperations: "byDefault" },
      expand: { messageExamples: true },
      receiveLabel: "SEND",
      sendLabel: "PUSH",
      replyLabel: "CALL",
      requestLabel: "ASK",
    };
    const { shaped, origins } = shape(fetchedDocument);
    const plugins = hasConsole ? [linkToConsole(origins)] : [];
    globalThis.AsyncApiStandalone.render({ schema: shaped, config, plugins }, find("viewer"));
  } catch (error) {
    fail(error);
  }
  find("loading").hidden = true;
  find("reference").setAttribute("aria-busy", "false");
}

function loadScript(url) {
  return new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement("script"), { src: url, onload: resolve });
    script.onerror = () => reject(new Error(`${url} cannot be loaded`));
    document.head.append(script);
  });
}

async function showConsole() {
  try {
    const { openConsole } = await import("./console/console.js");
    return openConsole(find("console"), await fetched);
  } catch (error) {
    fail(error);
    document.body.dataset.view = "reference";
    throw error;
  }
}

/** Show the view that the address names: `#console`, `#console/<operation>`, or anything of the reference. */
function route() {
  const [view, ...rest] = decodeURIComponent(location.hash.slice(1)).split("/");
  const isConsole = hasConsole && view === "console";
  document.body.dataset.view = isConsole ? "console" : "reference";
  find("reference").hidden = isConsole;
  if (hasConsole) {
    find("console").hidden = !isConsole;
    find("to-console").toggleAttribute("aria-current", isConsole);
    find("to-reference").toggleAttribute("aria-current", !isConsole);
  }
  if (isConsole) {
    consoleView ??= showConsole();
    consoleView.then((opened) => opened.choose(rest.join("/")), () => {});
  } else {
    viewer ??= showViewer();
  }
}

function showTheme(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  find("theme").dataset.theme = theme;
  find("theme").title = THEMES[theme];
  find("theme").setAttribute("aria-label", THEMES[theme]);
}

find("theme").addEventListener("click", () => {
  const names = Object.keys(THEMES);
  const next = names[(names.indexOf(find("theme").dataset.theme) + 1) % names.length];
  showTheme(next);
  try {
    localStorage.setItem("nexws-theme", next);
  } catch {
    // Storage is off: the choice lasts as long as the page.
  }
});

showTheme(document.documentElement.dataset.theme ?? "system");
addEventListener("hashchange", route);
route();
