const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;

/** Where a value stands in a text: from its first character to behind its last. */
export type Span = readonly [from: number, to: number];

/** Where each member of the object at `at` has its value. Of a key given twice the last counts, as to `JSON.parse`. The text must be JSON. */
export function memberSpans(text: string, at = 0): Map<string, Span> {
  const spans = new Map<string, Span>();
  for (let i = skipBlanks(text, skipBlanks(text, at) + 1); text.charCodeAt(i) === QUOTE; ) {
    const keyEnd = valueEnd(text, i);
    const key: string = JSON.parse(text.slice(i, keyEnd));
    const colon = skipBlanks(text, keyEnd);
    if (text.charCodeAt(colon) !== COLON) break;
    const from = skipBlanks(text, colon + 1);
    const to = valueEnd(text, from);
    spans.set(key, [from, to]);
    i = skipBlanks(text, to);
    if (text.charCodeAt(i) !== COMMA) break;
    i = skipBlanks(text, i + 1);
  }
  return spans;
}

/** Where the items of the array at `at` stand. The text must be JSON. */
export function itemSpans(text: string, at = 0): Span[] {
  const spans: Span[] = [];
  let i = skipBlanks(text, skipBlanks(text, at) + 1);
  if (text[i] === ']') return spans;
  for (;;) {
    const to = valueEnd(text, i);
    spans.push([i, to]);
    i = skipBlanks(text, to);
    if (text.charCodeAt(i) !== COMMA) return spans;
    i = skipBlanks(text, i + 1);
  }
}

/** The next character from `i` on that is no blank. */
export function skipBlanks(text: string, i: number): number {
  while (text.charCodeAt(i) <= 0x20) i++;
  return i;
}

/** Behind the object, array, string, number or word that begins at `i`; -1 where the text may end inside of it. */
export function completeValueEnd(text: string, i: number): number {
  const end = valueEnd(text, i, -1);
  const isScalar = !/["{[]/.test(text.charAt(i));
  return isScalar && end === text.length ? -1 : end;
}

/** Behind the value that begins at `i`; `cut` where the text ends first. */
function valueEnd(text: string, i: number, cut = text.length): number {
  let depth = 0;
  for (; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) {
      const end = stringEnd(text, i);
      if (end === -1) return cut;
      i = end - 1;
    } else if (c === 0x7b || c === 0x5b) depth++;
    else if (c === 0x7d || c === 0x5d) {
      // The end of what surrounds a number or word.
      if (depth === 0) return i;
      depth--;
    } else if (depth === 0) {
      if (c === COMMA || c <= 0x20) return i;
      continue;
    } else continue;
    if (depth === 0) return i + 1;
  }
  return depth === 0 ? i : cut;
}

/** Behind the string whose quote stands at `i`; -1 where the text ends first. */
function stringEnd(text: string, i: number): number {
  let end = text.indexOf('"', i + 1);
  while (end !== -1) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return end + 1;
    end = text.indexOf('"', end + 1);
  }
  return -1;
}
