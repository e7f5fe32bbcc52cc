import type { JsonValue } from '../../conda/json.ts';
import { FormatError } from '../../errors.ts';
import { decodeUtf8 } from '../../utf8.ts';
import { isProjectName } from '../project-name.ts';
import { createHtmlScanner } from './html-scan.ts';
import { completeValueEnd, skipBlanks } from './json-spans.ts';
import type { SimpleForm } from './negotiate.ts';
import { refuseVersion } from './read-json.ts';

/** Takes the list of an index's projects in pieces of any size; holds no more of it than one project. */
export interface ProjectListScanner {
  /** @throws {FormatError} `simple_malformed`, `simple_limit`, `simple_version`. */
  push(piece: Uint8Array): void;
  /** No more comes. @throws {FormatError} `simple_malformed` where it is not whole. */
  end(): void;
}

/** Far beyond the 700,000 of the largest index. */
const mostProjects = 10_000_000;
/** No project, and nothing beside the list, is longer. */
const longestPart = 1024 * 1024;

/**
 * Read the list of an index's projects as it comes in.
 *
 * @param onName told of every project, by its name as written. What is no name of a project is passed over.
 * @see PEP 503, PEP 691
 */
export function createProjectListScanner(form: SimpleForm, onName: (name: string) => void): ProjectListScanner {
  let count = 0;
  function found(name: unknown): void {
    count += 1;
    if (count > mostProjects) throw limit(`${mostProjects} projects`);
    if (typeof name === 'string' && isProjectName(name)) onName(name);
  }
  const scanner = form === 'json' ? jsonList(found) : htmlList(found);
  let tail = new Uint8Array();
  return {
    push(piece) {
      const bytes = new Uint8Array(tail.length + piece.length);
      bytes.set(tail);
      bytes.set(piece, tail.length);
      const whole = wholeCharacters(bytes);
      tail = bytes.slice(whole);
      scanner.push(decode(bytes.subarray(0, whole)));
    },
    end() {
      if (tail.length > 0) throw malformed('UTF-8', 'other bytes');
      scanner.end();
    },
  };
}

function htmlList(found: (name: unknown) => void) {
  return createHtmlScanner({ anchor: (attributes, text) => attributes.has('href') && found(text) });
}

/** A reader of `{"projects":[{"name":…},…]}` with anything beside and in any order. */
function jsonList(found: (name: unknown) => void) {
  let rest = '';
  let where: 'start' | 'members' | 'projects' | 'end' = 'start';
  let listed = false;

  /** Take in one part at `at` of the text; returns what follows it, or -1 when more text is needed. */
  function step(text: string, at: number): number {
    if (where === 'start') {
      if (text[at] !== '{') throw malformed('a JSON object', 'something else');
      where = 'members';
      return at + 1;
    }
    if (where === 'end') throw malformed('the end of the list', 'more');
    if (text[at] === ',') return at + 1;
    if (where === 'projects') {
      if (text[at] === ']') {
        where = 'members';
        return at + 1;
      }
      if (text[at] !== '{') throw malformed('an object for each project', 'something else');
      const end = completeValueEnd(text, at);
      if (end !== -1) found((parse(text.slice(at, end)) as { name?: JsonValue }).name);
      return end;
    }
    return member(text, at);
  }

  function member(text: string, at: number): number {
    if (text[at] === '}') {
      where = 'end';
      return at + 1;
    }
    if (text[at] !== '"') throw malformed('a JSON object', 'something else');
    const keyEnd = completeValueEnd(text, at);
    const colon = keyEnd === -1 ? -1 : skipBlanks(text, keyEnd);
    const value = colon === -1 || colon >= text.length ? -1 : skipBlanks(text, colon + 1);
    if (value === -1 || value >= text.length) return -1;
    if (text[colon] !== ':') throw malformed('a JSON object', 'something else');
    const key = parse(text.slice(at, keyEnd));
    if (key === 'projects') {
      if (text[value] !== '[') throw malformed('a list of projects', 'something else');
      where = 'projects';
      listed = true;
      return value + 1;
    }
    const end = completeValueEnd(text, value);
    if (end !== -1 && key === 'meta') refuseVersion(parse(text.slice(value, end)));
    return end;
  }

  return {
    push(piece: string): void {
      const text = rest + piece;
      let at = skipBlanks(text, text.charCodeAt(0) === 0xfeff && where === 'start' ? 1 : 0);
      while (at < text.length) {
        const next = step(text, at);
        if (next === -1) break;
        at = skipBlanks(text, next);
      }
      rest = text.slice(at);
      if (rest.length > longestPart) throw limit(`${longestPart} characters in one part`);
    },
    end(): void {
      if (where !== 'end' || !listed) throw malformed('a whole list of projects', 'the end of the data');
    },
  };
}

function parse(text: string): JsonValue {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed('JSON', 'something else');
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return decodeUtf8(bytes);
  } catch {
    throw malformed('UTF-8', 'other bytes');
  }
}

/** How many bytes end with a whole character of UTF-8: all, or up to three less. */
function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) return bytes.length;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return length > back ? bytes.length - back : bytes.length;
    }
  }
  return bytes.length;
}

function limit(wanted: string): FormatError {
  return new FormatError('simple_limit', `The list of projects is beyond all measure: more than ${wanted}.`, {
    wanted: `at most ${wanted}`,
    found: 'more',
  });
}

function malformed(wanted: string, found: string): FormatError {
  return new FormatError('simple_malformed', `This is not the list of an index's projects: wanted ${wanted}.`, {
    wanted,
    found,
  });
}
