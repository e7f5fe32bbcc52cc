import { refuseSpec } from './match-spec-scan.ts';

/** One `key=value` of a match spec. A value written as a list keeps its items apart. */
export interface BracketPair {
  readonly key: string;
  readonly value: string | readonly string[];
  /** Where the key stands in the whole text, counted from 0. */
  readonly at: number;
}

interface Reader {
  readonly text: string;
  readonly end: number;
  at: number;
}

/**
 * Read the section in brackets of a match spec: `key=value` pairs with commas or blanks between them. A value is bare
 * (up to the next comma or blank), in quotes (up to the same quote), or a list in brackets of its own.
 *
 * @param text the whole spec; `start` and `end` say where the section lies in it, without its brackets.
 * @throws {FormatError} `conda_match_spec`, where conda skips what it cannot read. Never retry.
 * @see CEP 29, "Syntax"; lists: CEP 44 and 45
 */
export function readBrackets(text: string, start: number, end: number): BracketPair[] {
  const reader: Reader = { text, end, at: start };
  const pairs: BracketPair[] = [];
  for (skip(reader); reader.at < end; skip(reader)) {
    const at = reader.at;
    const [key] = /^[\w-]*/.exec(text.slice(at, end))!;
    reader.at += key.length;
    if (key === '' || text[reader.at] !== '=') throw refuseSpec(text, at, 'key=value; quote values that hold blanks');
    if (pairs.some((pair) => pair.key === key)) throw refuseSpec(text, at, 'each key once', key);
    reader.at++;
    const value = text[reader.at] === '[' ? readList(reader) : readValue(reader, /[, ]/);
    if (value.length === 0) throw refuseSpec(text, reader.at, `a value for ${key}`);
    if (reader.at < end && !', '.includes(text[reader.at]!))
      throw refuseSpec(text, reader.at, 'a comma behind the value');
    pairs.push({ key, value, at });
  }
  return pairs;
}

function readList(reader: Reader): string[] {
  const items: string[] = [];
  reader.at++;
  for (skip(reader); reader.text[reader.at] !== ']'; skip(reader)) {
    // The cut at the brackets has made sure that there is a closing one.
    items.push(readValue(reader, /[, \]]/));
  }
  reader.at++;
  return items;
}

function readValue(reader: Reader, stop: RegExp): string {
  const { text, end, at } = reader;
  const quote = text[at];
  if (quote === '"' || quote === "'") {
    const close = text.indexOf(quote, at + 1);
    reader.at = close + 1;
    return text.slice(at + 1, close);
  }
  // A bare regular expression may hold every sign, up to its first "$".
  const regexEnd = quote === '^' ? text.indexOf('$', at) : -1;
  while (reader.at < end && (reader.at <= regexEnd || !stop.test(text[reader.at]!))) {
    if (reader.at > regexEnd && /['"[\]]/.test(text[reader.at]!)) {
      throw refuseSpec(text, reader.at, 'the whole value in quotes, since it holds quotes or brackets');
    }
    reader.at++;
  }
  return text.slice(at, reader.at);
}

function skip(reader: Reader): void {
  while (reader.at < reader.end && (reader.text[reader.at] === ' ' || reader.text[reader.at] === ',')) reader.at++;
}
