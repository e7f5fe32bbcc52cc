import { decodeLoosely } from './loose-text.ts';

/** The headers of a text, then its body. */
export interface HeaderFields {
  /** The first value of a header, by its name in lower case. */
  first(name: string): string | undefined;
  /** Every value of it that says something, in order. */
  all(name: string): string[];
  readonly body: string;
}

/**
 * Read headers as Python's mail parser does, since what pip and uv find in a package is what counts: lines that begin with a
 * blank continue the one before; the first line that is neither, as an empty one, ends the headers. The margin that old tools
 * write before continued lines (eight blanks, or seven and a bar) is taken off.
 */
export function readHeaderFields(document: Uint8Array | string): HeaderFields {
  const text = typeof document === 'string' ? document : decodeLoosely(document);
  const values = new Map<string, string[]>();
  let current: string[] | undefined;
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  while (at < text.length) {
    const [end, next] = lineEnd(text, at);
    const line = text.slice(at, end);
    if (/^[ \t]/.test(line) && current !== undefined) {
      current[current.length - 1] += `\n${line.replace(/^(?: {7}\|| {8}|[ \t]+)/, '')}`;
    } else {
      const header = /^([!-9;-~]+):[ \t]*/.exec(line);
      if (header === null) {
        at = line === '' ? next : at;
        break;
      }
      const name = header[1]!.toLowerCase();
      current = values.get(name);
      if (current === undefined) {
        current = [];
        values.set(name, current);
      }
      current.push(line.slice(header[0].length));
    }
    at = next;
  }
  return {
    first: (name) => values.get(name)?.[0]?.trim(),
    all: (name) =>
      (values.get(name) ?? []).map((value) => value.trim()).filter((value) => value !== '' && value !== 'UNKNOWN'),
    body: text.slice(at),
  };
}

/** Where the line ends, and where the next begins: after `\n`, `\r\n` or a `\r` alone. */
function lineEnd(text: string, at: number): [end: number, next: number] {
  for (let i = at; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x0a) return [i, i + 1];
    if (c === 0x0d) return [i, text.charCodeAt(i + 1) === 0x0a ? i + 2 : i + 1];
  }
  return [text.length, text.length];
}
