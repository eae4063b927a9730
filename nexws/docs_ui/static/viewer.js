// What is added to the viewer: a link from each event that clients send into the console.

// A component of the viewer's plugins is a function that gives a React 18 element. The viewer keeps its React to
// itself, so the element is made by hand; React takes it for what it says it is.
const REACT_ELEMENT = Symbol.for("react.element");

function element(type, { ref = null, ...props }) {
  return { $$typeof: REACT_ELEMENT, type, key: null, ref, props, _owner: null };
}

/** Make the plugin that puts the link at each event that clients send; *origins* gives the document's operation. */
export function linkToConsole(origins) {
  function Link({ context }) {
    const operation = context.operation;
    if (operation.action() !== "receive") return null;
    return element("a", {
      className: "nexws-try",
      href: `#console/${encodeURIComponent(origins.get(operation.id()))}`,
      children: "Try it in the console",
    });
  }
  return {
    name: "nexws-console-link",
    version: "1.0.0",
    install: (api) => api.registerComponent("operation", Link, { label: "Console" }),
  };
}
