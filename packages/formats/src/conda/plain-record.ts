/** Where a value lies in a record's text: from `at` to before `end`, for a text between its quotes. Absent: both −1. */
export interface ValuePlace {
  at: number;
  end: number;
}

/** What facts need of a record, as places and numbers: for hundreds of thousands no object is made of each. */
export interface PlainRecord {
  readonly name: ValuePlace;
  readonly version: ValuePlace;
  readonly build: ValuePlace;
  readonly license: ValuePlace;
  readonly license_family: ValuePlace;
  /** 64 and 32 digits of lower-case hex. */
  readonly sha256: ValuePlace;
  readonly md5: ValuePlace;
  /** The entry of its dependencies that is about Python, without quotes. */
  readonly python: ValuePlace;
  /** −1 when there is none. */
  build_number: number;
  size: number;
  /** As written, in seconds or milliseconds; −1 when there is none, which `readTimestamp` takes, too. */
  timestamp: number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** 1 for a byte that goes on in a plain text: ASCII, no escape, and no bracket, which a condition (CEP 43) would need. */
const isPlain = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte < 0x7f && byte !== QUOTE && byte !== 0x5c && byte !== OPEN_BRACKET ? 1 : 0,
);

/** No number of facts has more digits, and each of them is exact. */
const mostDigits = 15;

const absent: () => ValuePlace = () => ({ at: -1, end: -1 });

/** One for all calls, since it is read at once. */
const found: PlainRecord = {
  name: absent(),
  version: absent(),
  build: absent(),
  license: absent(),
  license_family: absent(),
  sha256: absent(),
  md5: absent(),
  python: absent(),
  build_number: -1,
  size: -1,
  timestamp: -1,
};
const { name, version, build, license, license_family, sha256, md5, python } = found;
const places = [name, version, build, license, license_family, sha256, md5, python];

/**
 * Read a record that is plain: one flat object of texts, whole numbers, words and lists of texts, all in ASCII without
 * escapes, nothing in it that would make it v3, and what facts need of the usual type. Most records are; any other is for
 * `readRecord`, which tells what is wrong with it.
 *
 * @returns what holds until the next call; undefined when the record is not plain.
 */
export function readPlainRecord(json: Uint8Array): PlainRecord | undefined {
  for (const place of places) place.at = place.end = -1;
  found.build_number = found.size = found.timestamp = -1;
  const length = json.length;
  let hasDepends = false;
  let i = 0;
  if (json[i++] !== OPEN_BRACE) return undefined;
  for (;;) {
    i = blanks(json, i);
    if (json[i] !== QUOTE) return undefined;
    const key = i + 1;
    const keyEnd = textEnd(json, key);
    if (json[keyEnd] !== QUOTE) return undefined;
    i = blanks(json, keyEnd + 1);
    if (json[i] !== COLON) return undefined;
    i = blanks(json, i + 1);
    const byte = json[i]!;
    if (byte === QUOTE) {
      const end = textEnd(json, i + 1);
      if (json[end] !== QUOTE || !takeText(json, key, keyEnd, i + 1, end)) return undefined;
      i = end + 1;
    } else if (byte === OPEN_BRACKET) {
      if (typeOf(json, key, keyEnd) !== OTHER) return undefined;
      const isDepends = isAsciiAt(json, key, keyEnd, 'depends');
      if (isDepends && hasDepends) return undefined;
      hasDepends ||= isDepends;
      i = listEnd(json, i + 1, isDepends);
    } else if (byte >= 0x30 && byte <= 0x39) {
      const end = digitsEnd(json, i);
      if (end < 0 || !takeNumber(json, key, keyEnd, i, end)) return undefined;
      i = end;
    } else {
      if (typeOf(json, key, keyEnd) !== OTHER) return undefined;
      i = wordEnd(json, i);
    }
    if (i < 0) return undefined;
    i = blanks(json, i);
    if (json[i] === COMMA) i++;
    else return json[i] === CLOSE_BRACE && i + 1 === length && hasAll() ? found : undefined;
  }
}

/** Whether there is what no record goes without. */
function hasAll(): boolean {
  return found.name.at >= 0 && found.version.at >= 0 && found.build.at >= 0;
}

function blanks(json: Uint8Array, i: number): number {
  while (json[i] === 0x20 || json[i] === 0x0a || json[i] === 0x0d || json[i] === 0x09) i++;
  return i;
}

/** Where a text ends, or something in it that is not plain. */
function textEnd(json: Uint8Array, i: number): number {
  while (isPlain[json[i]!] === 1) i++;
  return i;
}

/** @returns −1 when it must be read otherwise, as when two dependencies are about Python. */
function listEnd(json: Uint8Array, begin: number, isDepends: boolean): number {
  let i = blanks(json, begin);
  if (json[i] === CLOSE_BRACKET) return i + 1;
  for (;;) {
    if (json[i] !== QUOTE) return -1;
    const at = i + 1;
    i = textEnd(json, at);
    if (json[i] !== QUOTE) return -1;
    if (isDepends && isAboutPython(json, at, i)) {
      if (python.at >= 0) return -1;
      python.at = at;
      python.end = i;
    }
    i = blanks(json, i + 1);
    if (json[i] === CLOSE_BRACKET) return i + 1;
    if (json[i] !== COMMA) return -1;
    i = blanks(json, i + 1);
  }
}

/** Whether a dependency is one on `python`, and not on `python-dateutil`. */
function isAboutPython(json: Uint8Array, at: number, end: number): boolean {
  const after = at + 6;
  return isAsciiAt(json, at, Math.min(after, end), 'python') && (after === end || goesOn[json[after]!] === 0);
}

/** 1 for a byte that the name of a package goes on with. */
const goesOn = Uint8Array.from({ length: 256 }, (_, byte) => (/[\w.-]/.test(String.fromCharCode(byte)) ? 1 : 0));

/** Where a whole number ends; −1 for one of another kind. */
function digitsEnd(json: Uint8Array, begin: number): number {
  let i = begin;
  while (json[i]! >= 0x30 && json[i]! <= 0x39) i++;
  const next = json[i];
  const isOther = next === 0x2e || next === 0x65 || next === 0x45;
  const hasZero = json[begin] === 0x30 && i - begin > 1;
  return isOther || hasZero || i - begin > mostDigits ? -1 : i;
}

function wordEnd(json: Uint8Array, i: number): number {
  for (const word of words) if (isAsciiAt(json, i, i + word.length, word)) return i + word.length;
  return -1;
}

const words = ['null', 'true', 'false'];

const OTHER = 0;
const TEXT = 1;
const NUMBER = 2;
const REFUSED = 3;

/** What stands under a key that facts need, or that makes a record v3. */
function typeOf(json: Uint8Array, at: number, end: number): number {
  if (placeOf(json, at, end)) return TEXT;
  switch (end - at) {
    case 4:
      return isAsciiAt(json, at, end, 'size') ? NUMBER : OTHER;
    case 5:
      return isAsciiAt(json, at, end, 'flags') ? REFUSED : OTHER;
    case 9:
      return isAsciiAt(json, at, end, 'timestamp') ? NUMBER : OTHER;
    case 12:
      return isAsciiAt(json, at, end, 'build_number') ? NUMBER : OTHER;
    case 13:
      return isAsciiAt(json, at, end, 'extra_depends') ? REFUSED : OTHER;
    case 14:
      return isAsciiAt(json, at, end, 'schema_version') ? REFUSED : OTHER;
    default:
      return OTHER;
  }
}

function placeOf(json: Uint8Array, at: number, end: number): ValuePlace | undefined {
  switch (end - at) {
    case 3:
      return isAsciiAt(json, at, end, 'md5') ? found.md5 : undefined;
    case 4:
      return isAsciiAt(json, at, end, 'name') ? found.name : undefined;
    case 5:
      return isAsciiAt(json, at, end, 'build') ? found.build : undefined;
    case 6:
      return isAsciiAt(json, at, end, 'sha256') ? found.sha256 : undefined;
    case 7:
      if (isAsciiAt(json, at, end, 'version')) return found.version;
      return isAsciiAt(json, at, end, 'license') ? found.license : undefined;
    case 14:
      return isAsciiAt(json, at, end, 'license_family') ? found.license_family : undefined;
    default:
      return undefined;
  }
}

/** @returns false when it must be read otherwise. */
function takeText(json: Uint8Array, key: number, keyEnd: number, at: number, end: number): boolean {
  const place = placeOf(json, key, keyEnd);
  if (!place) return typeOf(json, key, keyEnd) === OTHER;
  // Twice the same key, or an empty text, which counts as none.
  if (place.at >= 0 || at === end) return false;
  if (place === found.sha256 && !isHex(json, at, end, 64)) return false;
  if (place === found.md5 && !isHex(json, at, end, 32)) return false;
  place.at = at;
  place.end = end;
  return true;
}

/** @returns false when it must be read otherwise. */
function takeNumber(json: Uint8Array, key: number, keyEnd: number, at: number, end: number): boolean {
  const type = typeOf(json, key, keyEnd);
  if (type !== NUMBER) return type === OTHER;
  let value = 0;
  for (let i = at; i < end; i++) value = value * 10 + json[i]! - 0x30;
  const name = keyEnd - key === 4 ? 'size' : keyEnd - key === 9 ? 'timestamp' : 'build_number';
  if (found[name] >= 0) return false;
  found[name] = value;
  return true;
}

function isHex(json: Uint8Array, at: number, end: number, digits: number): boolean {
  if (end - at !== digits) return false;
  for (let i = at; i < end; i++) {
    const byte = json[i]!;
    if (!((byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66))) return false;
  }
  return true;
}

/** Whether these bytes are a text of ASCII. */
export function isAsciiAt(json: Uint8Array, at: number, end: number, text: string): boolean {
  if (end - at !== text.length) return false;
  for (let i = 0; i < text.length; i++) if (json[at + i] !== text.charCodeAt(i)) return false;
  return true;
}
