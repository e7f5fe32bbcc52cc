import { excerpt, FormatError } from '../errors.ts';

/** Whether a character, by its UTF-16 code, belongs to a set. */
export type CharacterTest = (code: number) => boolean;

/** A regular expression as a tree. `end` and `start` are the anchors; an empty `sequence` matches the empty text. */
export type RegexNode =
  | { readonly kind: 'character'; readonly test: CharacterTest }
  | { readonly kind: 'start' | 'end' }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly RegexNode[] }
  | { readonly kind: 'repeat'; readonly body: RegexNode; readonly min: number; readonly max: number };

interface Reader {
  readonly pattern: string;
  readonly ignoreCase: boolean;
  at: number;
}

/** Longer patterns are refused; the longest one of conda's own documentation has 30 characters. */
const longest = 256;

const digit: CharacterTest = (code) => code >= 48 && code <= 57;
const space: CharacterTest = (code) => code === 32 || (code >= 9 && code <= 13);
const word: CharacterTest = (code) =>
  digit(code) || (code >= 65 && code <= 90) || code === 95 || (code >= 97 && code <= 122);
const newline = 10;

/**
 * Parse the part of Python's regular expressions that has a meaning without memory: characters, classes, groups,
 * choices, repetition and the anchors. Look-around, back-references, flags and word boundaries are refused, as CEP 29
 * advises. With `ignoreCase` the tests expect a lower-cased text.
 *
 * @throws {FormatError} `conda_spec_regex`. Never retry.
 */
export function parseRegex(pattern: string, ignoreCase: boolean): RegexNode {
  const reader: Reader = { pattern, ignoreCase, at: 0 };
  if (pattern.length > longest) throw refuse(reader, `at most ${longest} characters`, `${pattern.length}`);
  const node = readChoice(reader);
  if (reader.at < pattern.length) throw refuse(reader, 'an opening "(" before this ")"');
  return node;
}

function readChoice(reader: Reader): RegexNode {
  const options = [readSequence(reader)];
  while (reader.pattern[reader.at] === '|') {
    reader.at++;
    options.push(readSequence(reader));
  }
  return options.length === 1 ? options[0]! : { kind: 'choice', parts: options };
}

function readSequence(reader: Reader): RegexNode {
  const parts: RegexNode[] = [];
  for (;;) {
    const next = reader.pattern[reader.at];
    if (next === undefined || next === '|' || next === ')') return { kind: 'sequence', parts };
    parts.push(readRepeat(reader));
  }
}

function readRepeat(reader: Reader): RegexNode {
  const body = readAtom(reader);
  const count = readCount(reader);
  if (count === undefined) return body;
  if (body.kind === 'start' || body.kind === 'end') throw refuse(reader, 'a character or group before the repetition');
  // A lazy repetition finds the same texts as a greedy one, and only whether there is a match is asked.
  if (reader.pattern[reader.at] === '?') reader.at++;
  if (readCount(reader) !== undefined || reader.pattern[reader.at] === '+') {
    throw refuse(reader, 'one repetition only; put the inner one in a group');
  }
  return { kind: 'repeat', body, ...count };
}

function readCount(reader: Reader): { min: number; max: number } | undefined {
  const sign = reader.pattern[reader.at];
  if (sign === '*' || sign === '+' || sign === '?') {
    reader.at++;
    return { min: sign === '+' ? 1 : 0, max: sign === '?' ? 1 : Number.POSITIVE_INFINITY };
  }
  const braces = sign === '{' ? /^\{(\d{0,3})(?:(,)(\d{0,3}))?\}/.exec(reader.pattern.slice(reader.at)) : null;
  if (braces === null || braces[0] === '{}') return undefined;
  const min = Number(braces[1]);
  const max = braces[2] === undefined ? min : braces[3] === '' ? Number.POSITIVE_INFINITY : Number(braces[3]);
  if (max < min) throw refuse(reader, 'counts in order, such as {1,3}', braces[0]);
  reader.at += braces[0].length;
  return { min, max };
}

function readAtom(reader: Reader): RegexNode {
  const next = reader.pattern[reader.at++]!;
  if (next === '(') return readGroup(reader);
  if (next === '[') return { kind: 'character', test: readClass(reader) };
  if (next === '^') return { kind: 'start' };
  if (next === '$') return { kind: 'end' };
  if (next === '.') return { kind: 'character', test: (code) => code !== newline };
  if (next === '\\') return { kind: 'character', test: readEscape(reader) };
  if (next === '*' || next === '+' || next === '?') {
    reader.at--;
    throw refuse(reader, 'something to repeat before this sign');
  }
  return { kind: 'character', test: range(reader, next.charCodeAt(0), next.charCodeAt(0)) };
}

function readGroup(reader: Reader): RegexNode {
  if (reader.pattern[reader.at] === '?') {
    const name = /^\?(?::|P<\w+>)/.exec(reader.pattern.slice(reader.at));
    if (name === null) throw refuse(reader, 'a plain group; look-around, flags and back-references are not supported');
    reader.at += name[0].length;
  }
  const body = readChoice(reader);
  if (reader.pattern[reader.at] !== ')') throw refuse(reader, 'a closing ")"');
  reader.at++;
  return body;
}

function readClass(reader: Reader): CharacterTest {
  const negated = reader.pattern[reader.at] === '^';
  if (negated) reader.at++;
  const tests: CharacterTest[] = [];
  // A "]" in the first place is a plain character, as in Python.
  for (let first = true; first || reader.pattern[reader.at] !== ']'; first = false) {
    const low = readMember(reader);
    if (typeof low === 'function') {
      tests.push(low);
      continue;
    }
    let high = low;
    if (reader.pattern[reader.at] === '-' && (reader.pattern[reader.at + 1] ?? ']') !== ']') {
      reader.at++;
      const end = readMember(reader);
      if (typeof end === 'function' || end < low) throw refuse(reader, 'a range in order, such as a-z');
      high = end;
    }
    tests.push(range(reader, low, high));
  }
  reader.at++;
  return (code) => tests.some((test) => test(code)) !== negated;
}

/** One member of a class: the code of a character, or the test of a shorthand such as \d. */
function readMember(reader: Reader): number | CharacterTest {
  const next = reader.pattern[reader.at++];
  if (next === undefined) throw refuse(reader, 'a closing "]"');
  if (next !== '\\') return next.charCodeAt(0);
  const escaped = reader.pattern[reader.at] ?? '';
  if (/[dswDSW]/.test(escaped)) return readEscape(reader);
  if (word(escaped.charCodeAt(0)) || escaped === '') throw refuse(reader, 'one of \\d \\s \\w or an escaped sign');
  reader.at++;
  return escaped.charCodeAt(0);
}

function readEscape(reader: Reader): CharacterTest {
  const escaped = reader.pattern[reader.at++] ?? '';
  const shorthand = { d: digit, s: space, w: word }[escaped.toLowerCase()];
  if (shorthand !== undefined) return escaped === escaped.toLowerCase() ? shorthand : (code) => !shorthand(code);
  if (escaped === '' || (word(escaped.charCodeAt(0)) && escaped !== '_')) {
    reader.at--;
    throw refuse(reader, 'one of \\d \\s \\w \\D \\S \\W or an escaped sign');
  }
  return range(reader, escaped.charCodeAt(0), escaped.charCodeAt(0));
}

function range(reader: Reader, low: number, high: number): CharacterTest {
  const within: CharacterTest = (code) => code >= low && code <= high;
  if (!reader.ignoreCase) return within;
  return (code) => within(code) || (code >= 97 && code <= 122 && within(code - 32));
}

function refuse(reader: Reader, wanted: string, found = reader.pattern.slice(reader.at) || 'the end'): FormatError {
  const where = `at character ${reader.at + 1} of the regular expression ${excerpt(reader.pattern)}`;
  return new FormatError('conda_spec_regex', `Wanted ${wanted} ${where}, found ${excerpt(found)}.`, {
    wanted,
    found: excerpt(found),
  });
}
