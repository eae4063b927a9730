// References within the document, which are all that it has.

/** Follow the references of *value* to what they refer to; what refers to nothing is an empty object. */
export function resolve(document, value) {
  for (let hops = 0; typeof value?.$ref === "string"; hops++) {
    if (hops > 32) return {};
    value = value.$ref
      .replace(/^#\//, "")
      .split("/")
      .reduce((at, part) => at?.[decode(part)], document);
  }
  return value ?? {};
}

/** Tell the last part of a reference: the name of what it refers to. */
export function last({ $ref = "" } = {}) {
  return decode($ref.split("/").pop());
}

/** Write *name* as a part of a reference. */
export function encode(name) {
  return name.replace(/~/g, "~0").replace(/\//g, "~1");
}

function decode(part) {
  return part.replace(/~1/g, "/").replace(/~0/g, "~");
}
