// MessagePack, as far as JSON goes, and bytes, and integers of 64 bits: https://github.com/msgpack/msgpack/blob/master/spec.md

const DEEPEST = 128;
const SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** Write *value* in the fewest bytes; numbers without a fraction become integers. */
export function encode(value) {
  const writer = new Writer();
  writer.write(value, 0);
  return writer.bytes();
}

/**
 * Read one value; integers that a number cannot hold become a BigInt, `bin` a Uint8Array.
 *
 * Throws a RangeError where *bytes* are cut off, have something behind the value, or hold an extension type.
 */
export function decode(bytes) {
  const reader = new Reader(bytes);
  const value = reader.read(0);
  if (reader.at !== bytes.length) throw new RangeError(`${bytes.length - reader.at} bytes behind the value`);
  return value;
}

class Writer {
  #buffer = new Uint8Array(256);
  #view = new DataView(this.#buffer.buffer);
  #at = 0;

  bytes() {
    return this.#buffer.slice(0, this.#at);
  }

  write(value, depth) {
    if (depth > DEEPEST) throw new RangeError("nests too deeply");
    if (value === null || value === undefined) this.#put(1, 0xc0);
    else if (typeof value === "boolean") this.#put(1, value ? 0xc3 : 0xc2);
    else if (typeof value === "bigint" || Number.isSafeInteger(value)) this.#integer(value);
    else if (typeof value === "number") this.#wide(0xcb, "setFloat64", value);
    else if (typeof value === "string") this.#text(value);
    else if (value instanceof Uint8Array) this.#binary(value);
    else if (Array.isArray(value)) this.#array(value, depth);
    else this.#map(Object.entries(value), depth);
  }

  #integer(value) {
    if (Object.is(value, -0)) return this.#wide(0xcb, "setFloat64", value);
    if (value >= 0 && value < 0x80) this.#put(1, Number(value));
    else if (value < 0 && value >= -32) this.#put(1, Number(value) & 0xff);
    else if (value >= 0) {
      if (value <= 0xff) this.#head(0xcc, 1, Number(value));
      else if (value <= 0xffff) this.#head(0xcd, 2, Number(value));
      else if (value <= 0xffffffff) this.#head(0xce, 4, Number(value));
      else this.#long(0xcf, value);
    } else if (value >= -0x80) this.#head(0xd0, 1, Number(value) & 0xff);
    else if (value >= -0x8000) this.#head(0xd1, 2, Number(value) & 0xffff);
    else if (value >= -0x80000000) this.#head(0xd2, 4, Number(value) >>> 0);
    else this.#long(0xd3, value);
  }

  #long(mark, value) {
    const wide = BigInt(value);
    if (wide !== (mark === 0xcf ? BigInt.asUintN(64, wide) : BigInt.asIntN(64, wide))) {
      throw new RangeError(`${value} has more than 64 bits`);
    }
    this.#wide(mark, "setBigUint64", BigInt.asUintN(64, wide));
  }

  #wide(mark, method, value) {
    this.#put(1, mark);
    this.#room(8);
    this.#view[method](this.#at, value);
    this.#at += 8;
  }

  #text(value) {
    const bytes = new TextEncoder().encode(value);
    this.#sized(bytes.length, bytes.length < 32 && 0xa0, 0xd9, 0xda, 0xdb);
    this.#append(bytes);
  }

  #binary(bytes) {
    this.#sized(bytes.length, false, 0xc4, 0xc5, 0xc6);
    this.#append(bytes);
  }

  #array(items, depth) {
    this.#sized(items.length, items.length < 16 && 0x90, null, 0xdc, 0xdd);
    for (const each of items) this.write(each, depth + 1);
  }

  #map(entries, depth) {
    this.#sized(entries.length, entries.length < 16 && 0x80, null, 0xde, 0xdf);
    for (const [name, each] of entries) {
      this.#text(name);
      this.write(each, depth + 1);
    }
  }

  #sized(size, fixed, mark8, mark16, mark32) {
    if (fixed !== false) this.#put(1, fixed | size);
    else if (mark8 !== null && size <= 0xff) this.#head(mark8, 1, size);
    else if (size <= 0xffff) this.#head(mark16, 2, size);
    else this.#head(mark32, 4, size);
  }

  #head(mark, width, value) {
    this.#put(1, mark);
    this.#put(width, value);
  }

  #put(width, value) {
    this.#room(width);
    this.#view[`setUint${8 * width}`](this.#at, value);
    this.#at += width;
  }

  #append(bytes) {
    this.#room(bytes.length);
    this.#buffer.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #room(size) {
    if (this.#at + size <= this.#buffer.length) return;
    const wider = new Uint8Array(Math.max(this.#buffer.length * 2, this.#at + size));
    wider.set(this.#buffer);
    this.#buffer = wider;
    this.#view = new DataView(wider.buffer);
  }
}

class Reader {
  at = 0;
  #bytes;
  #view;

  constructor(bytes) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  read(depth) {
    if (depth > DEEPEST) throw new RangeError("nests too deeply");
    const mark = this.#take("getUint8", 1);
    if (mark < 0x80) return mark;
    if (mark < 0x90) return this.#map(mark & 0x0f, depth);
    if (mark < 0xa0) return this.#array(mark & 0x0f, depth);
    if (mark < 0xc0) return this.#text(mark & 0x1f);
    if (mark >= 0xe0) return mark - 0x100;
    if (mark === 0xc0) return null;
    if (mark === 0xc2 || mark === 0xc3) return mark === 0xc3;
    if (mark === 0xca) return this.#take("getFloat32", 4);
    if (mark === 0xcb) return this.#take("getFloat64", 8);
    if (mark === 0xcf || mark === 0xd3) return short(this.#take(mark === 0xcf ? "getBigUint64" : "getBigInt64", 8));
    if (mark >= 0xc4 && mark <= 0xc6) return this.#slice(this.#size(mark - 0xc4)).slice();
    if (mark >= 0xcc && mark <= 0xce) return this.#size(mark - 0xcc);
    if (mark >= 0xd0 && mark <= 0xd2) return this.#take(`getInt${8 << (mark - 0xd0)}`, 1 << (mark - 0xd0));
    if (mark >= 0xd9 && mark <= 0xdb) return this.#text(this.#size(mark - 0xd9));
    if (mark === 0xdc || mark === 0xdd) return this.#array(this.#size(mark - 0xdb), depth);
    if (mark === 0xde || mark === 0xdf) return this.#map(this.#size(mark - 0xdd), depth);
    throw new RangeError(`0x${mark.toString(16)} is an extension, or nothing`);
  }

  #size(power) {
    return this.#take(`getUint${8 << power}`, 1 << power);
  }

  #take(method, width) {
    if (this.at + width > this.#bytes.length) throw new RangeError("is cut off");
    const value = this.#view[method](this.at);
    this.at += width;
    return value;
  }

  #slice(size) {
    if (this.at + size > this.#bytes.length) throw new RangeError("is cut off");
    this.at += size;
    return this.#bytes.subarray(this.at - size, this.at);
  }

  #text(size) {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.#slice(size));
  }

  #array(size, depth) {
    const items = [];
    for (let each = 0; each < size; each++) items.push(this.read(depth + 1)); // a lying size ends with the bytes
    return items;
  }

  #map(size, depth) {
    const entries = [];
    for (let each = 0; each < size; each++) entries.push([String(this.read(depth + 1)), this.read(depth + 1)]);
    return Object.fromEntries(entries);
  }
}

const short = (value) => (value <= SAFE && value >= -SAFE ? Number(value) : value);
