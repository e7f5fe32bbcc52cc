/** A msgpack document in the making, byte for byte as `@msgpack/msgpack` writes it. */
export interface MsgpackWriter {
  /** Forget what was written; the memory serves the next document. */
  clear(): void;
  /** The header of a map of so many members. */
  map(count: number): void;
  /** A text of ASCII. */
  text(text: string): void;
  /** What is msgpack already. */
  raw(bytes: Uint8Array): void;
  /**
   * A record of repodata as it stands in JSON, digests as bytes, if that is plain: keys in ascending order and each once, no
   * escapes, digests in lower-case hex, integers of at most 15 digits. Most records are, and need not become objects on the
   * way.
   *
   * @param runExports in msgpack, to stand in it as `run_exports`.
   * @returns false when it is not plain; then nothing was written.
   */
  plainRecord(json: Uint8Array, runExports: Uint8Array | undefined): boolean;
  /** A copy of all. */
  bytes(): Uint8Array<ArrayBuffer>;
}

const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a];
const deepest = 32;

/** An empty document. */
export function msgpackWriter(): MsgpackWriter {
  let out = new Uint8Array(1 << 16);
  let end = 0;
  /** The text being read, and how far. */
  let json: Uint8Array = new Uint8Array();
  let at = 0;

  function room(bytes: number): void {
    if (end + bytes <= out.length) return;
    const larger = new Uint8Array(Math.max(out.length * 2, end + bytes));
    larger.set(out.subarray(0, end));
    out = larger;
  }

  /** A header whose least form holds up to `least`; then come forms of one (for texts), two and four bytes. */
  function header(count: number, fix: number, least: number, one: number | undefined, two: number): void {
    room(5);
    if (count < least) out[end++] = fix | count;
    else if (one !== undefined && count < 0x100) {
      out[end++] = one;
      out[end++] = count;
    } else if (count < 0x10000) {
      out[end++] = two;
      out[end++] = count >>> 8;
      out[end++] = count;
    } else {
      out[end++] = two + 1;
      for (let shift = 24; shift >= 0; shift -= 8) out[end++] = count >>> shift;
    }
  }

  function blanks(): void {
    while (json[at] === 0x20 || json[at] === 0x0a || json[at] === 0x0d || json[at] === 0x09) at++;
  }

  /** Where the text that begins at `start` has its closing quote; -1 when it has an escape or no end. */
  function textEnd(start: number): number {
    const bytes = json;
    const limit = bytes.length;
    for (let i = start; i < limit; i++) {
      const byte = bytes[i]!;
      if (byte === quote) return i;
      if (byte === backslash) return -1;
    }
    return -1;
  }

  /** Write a text as it stands between two quotes. */
  function copyText(start: number, stop: number): void {
    header(stop - start, 0xa0, 32, 0xd9, 0xda);
    room(stop - start);
    // Most are short: a loop is quicker than a view of them.
    const from = json;
    const to = out;
    let write = end;
    for (let i = start; i < stop; i++) to[write++] = from[i]!;
    end = write;
  }

  /** Copy the text that begins at the quote where reading is. */
  function string(): boolean {
    const stop = textEnd(at + 1);
    if (stop < 0) return false;
    copyText(at + 1, stop);
    at = stop + 1;
    return true;
  }

  function integer(): boolean {
    const start = at;
    let value = 0;
    while (json[at]! >= 0x30 && json[at]! <= 0x39) value = value * 10 + json[at++]! - 0x30;
    const next = json[at];
    // A fraction, an exponent or another sign is not for here.
    if (at === start || at - start > 15 || next === 0x2e || next === 0x65 || next === 0x45) return false;
    room(9);
    if (value < 0x80) out[end++] = value;
    else if (value < 0x100) put(0xcc, value, 1);
    else if (value < 0x10000) put(0xcd, value, 2);
    else if (value < 0x100000000) put(0xce, value, 4);
    else {
      put(0xcf, Math.floor(value / 0x100000000), 4);
      put(undefined, value % 0x100000000, 4);
    }
    return true;
  }

  function put(type: number | undefined, value: number, bytes: number): void {
    if (type !== undefined) out[end++] = type;
    for (let shift = (bytes - 1) * 8; shift >= 0; shift -= 8) out[end++] = value >>> shift;
  }

  function word(text: string, type: number): boolean {
    for (let i = 0; i < text.length; i++) if (json[at + i] !== text.charCodeAt(i)) return false;
    at += text.length;
    room(1);
    out[end++] = type;
    return true;
  }

  function value(depth: number): boolean {
    switch (json[at]) {
      case quote:
        return string();
      case 0x5b:
        return depth < deepest && list(depth + 1);
      case 0x7b:
        return depth < deepest && object(depth + 1);
      case 0x74:
        return word('true', 0xc3);
      case 0x66:
        return word('false', 0xc2);
      case 0x6e:
        return word('null', 0xc0);
      default:
        return integer();
    }
  }

  /** After a member: true when another follows, false at the end, undefined when it is no JSON. */
  function another(close: number): boolean | undefined {
    blanks();
    const byte = json[at++];
    if (byte === comma) {
      blanks();
      return true;
    }
    return byte === close ? false : undefined;
  }

  /** Put the header before what was written since `start`, where one byte was left for it. */
  function close(start: number, count: number, fix: number, two: number): void {
    if (count < 16) {
      out[start] = fix | count;
      return;
    }
    const more = count < 0x10000 ? 2 : 4;
    room(more);
    out.copyWithin(start + 1 + more, start + 1, end);
    const last = end + more;
    end = start;
    header(count, fix, 16, undefined, two);
    end = last;
  }

  function list(depth: number): boolean {
    at++;
    blanks();
    room(1);
    const start = end++;
    let count = 0;
    if (json[at] === 0x5d) at++;
    else {
      for (let more: boolean | undefined = true; more; more = another(0x5d)) {
        if (!value(depth)) return false;
        count++;
      }
      if (json[at - 1] !== 0x5d) return false;
    }
    close(start, count, 0x90, 0xdc);
    return true;
  }

  function object(depth: number, runExports?: Uint8Array): boolean {
    at++;
    blanks();
    room(1);
    const start = end++;
    let count = 0;
    let waiting = runExports;
    let before = 0;
    let beforeEnd = 0;
    if (json[at] === 0x7d) at++;
    else {
      for (let more: boolean | undefined = true; more; more = another(0x7d)) {
        const key = at + 1;
        const keyEnd = json[at] === quote ? textEnd(key) : -1;
        if (keyEnd < 0) return false;
        if (count > 0 && !ascends(json, before, beforeEnd, key, keyEnd)) return false;
        before = key;
        beforeEnd = keyEnd;
        if (waiting && compareKey(json, key, keyEnd, 'run_exports') >= 0) {
          // What stands there would have to go.
          if (compareKey(json, key, keyEnd, 'run_exports') === 0) return false;
          writeText('run_exports');
          writeRaw(waiting);
          waiting = undefined;
          count++;
        }
        copyText(key, keyEnd);
        at = keyEnd + 1;
        blanks();
        if (json[at++] !== colon) return false;
        blanks();
        const digits = depth === 0 ? digestDigits(json, key, keyEnd) : 0;
        if (!(digits > 0 ? digest(digits) : value(depth))) return false;
        count++;
      }
      if (json[at - 1] !== 0x7d) return false;
    }
    if (waiting) {
      writeText('run_exports');
      writeRaw(waiting);
      count++;
    }
    close(start, count, 0x80, 0xde);
    return true;
  }

  function digest(digits: number): boolean {
    if (json[at] !== quote || json[at + 1 + digits] !== quote) return false;
    room(2 + digits / 2);
    out[end++] = 0xc4;
    out[end++] = digits / 2;
    for (let i = at + 1; i <= at + digits; i += 2) {
      const high = hexDigit(json[i]!);
      const low = hexDigit(json[i + 1]!);
      if (high < 0 || low < 0) return false;
      out[end++] = (high << 4) | low;
    }
    at += digits + 2;
    return true;
  }

  function writeText(text: string): void {
    header(text.length, 0xa0, 32, 0xd9, 0xda);
    room(text.length);
    for (let i = 0; i < text.length; i++) out[end++] = text.charCodeAt(i);
  }

  function writeRaw(bytes: Uint8Array): void {
    room(bytes.length);
    out.set(bytes, end);
    end += bytes.length;
  }

  return {
    clear() {
      end = 0;
    },
    map: (count) => header(count, 0x80, 16, undefined, 0xde),
    text: writeText,
    raw: writeRaw,
    plainRecord(record, runExports) {
      const begin = end;
      json = record;
      at = 0;
      blanks();
      const isObject = json[at] === 0x7b && object(0, runExports);
      blanks();
      if (isObject && at === json.length) return true;
      end = begin;
      return false;
    },
    bytes: () => out.slice(0, end),
  };
}

/** Whether one key comes before the other, both ASCII. */
function ascends(json: Uint8Array, a: number, aEnd: number, b: number, bEnd: number): boolean {
  for (; a < aEnd && b < bEnd; a++, b++) {
    const one = json[a]!;
    const other = json[b]!;
    if (one >= 0x80 || other >= 0x80) return false;
    if (one !== other) return one < other;
  }
  return a === aEnd && b < bEnd;
}

/** How a key compares with an ASCII text. */
function compareKey(json: Uint8Array, key: number, keyEnd: number, text: string): number {
  for (let i = 0; i < text.length; i++) {
    if (key + i === keyEnd) return -1;
    const difference = json[key + i]! - text.charCodeAt(i);
    if (difference !== 0) return difference;
  }
  return keyEnd - key - text.length;
}

/** Characters of the digest that stands under a key, which a shard has as bytes; 0 for any other key. */
function digestDigits(json: Uint8Array, key: number, keyEnd: number): number {
  if (keyEnd - key === 6) return compareKey(json, key, keyEnd, 'sha256') === 0 ? 64 : 0;
  return keyEnd - key === 3 && compareKey(json, key, keyEnd, 'md5') === 0 ? 32 : 0;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  return byte >= 0x61 && byte <= 0x66 ? byte - 0x57 : -1;
}
