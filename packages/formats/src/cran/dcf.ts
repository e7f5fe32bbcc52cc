import { excerpt, FormatError } from '../errors.ts';
import { decodeUtf8 } from '../utf8.ts';

/** The fields of one paragraph by name, in the order of their first mention. */
export type DcfFields = ReadonlyMap<string, string>;

/**
 * The fields of one paragraph, as R's `read.dcf` gives them: continuation lines lose their leading blanks and keep their
 * line break, a lone dot stands for an empty line, of a field given twice the last counts.
 *
 * @throws {FormatError} `dcf_syntax` on a line that is neither a field nor the continuation of one, and on what is more
 * than one paragraph.
 * @see R's `read.dcf`; Debian Policy, "Syntax of control files"
 */
export function parseDcf(paragraph: Uint8Array | string): DcfFields {
  const text = typeof paragraph === 'string' ? paragraph : decodeUtf8(paragraph);
  const fields = new Map<string, string[]>();
  let value: string[] | undefined;
  let ended = false;
  for (const line of text.split(/\r\n?|\n/)) {
    const trimmed = line.replace(/[ \t]+$/, '');
    if (trimmed === '') {
      ended = value !== undefined;
      continue;
    }
    if (ended) throw syntax(line, 'one paragraph');
    if (/^[ \t]/.test(line)) {
      if (value === undefined) throw syntax(line, 'a field before its continuation');
      value.push(/^\s+\.\s*$/.test(line) ? '' : trimmed.replace(/^[ \t]+/, ''));
      continue;
    }
    const colon = trimmed.indexOf(':');
    if (colon < 1) throw syntax(line, 'a field, "Name: value"');
    value = [trimmed.slice(colon + 1).replace(/^[ \t]+/, '')];
    fields.set(trimmed.slice(0, colon), value);
  }
  return new Map([...fields].map(([name, lines]) => [name, lines.join('\n')]));
}

/**
 * Fields as one paragraph, each line ended. Line breaks of values become continuation lines. What `parseDcf` reads it
 * reads back, but for blanks at the ends of lines.
 */
export function writeDcf(fields: Iterable<readonly [string, string]>): string {
  let text = '';
  for (const [name, value] of fields) {
    const [first = '', ...rest] = value.split(/\r\n?|\n/);
    text += `${name}: ${first}\n`;
    for (const line of rest) text += /^[ \t]*$/.test(line) ? ' .\n' : `        ${line}\n`;
  }
  return text;
}

function syntax(line: string, wanted: string): FormatError {
  return new FormatError('dcf_syntax', `The line ${excerpt(line)} is not of a control file: wanted ${wanted}.`, {
    wanted,
    found: excerpt(line),
  });
}
