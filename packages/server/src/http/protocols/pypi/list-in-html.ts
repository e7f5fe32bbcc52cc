import { SIMPLE_API_VERSION } from '@sluice/formats/pypi';
import type { Rewrite } from '../answer.ts';

const head = `<!DOCTYPE html>
<html>
<head>
<meta name="pypi:repository-version" content="${SIMPLE_API_VERSION}">
<title>Simple index</title>
</head>
<body>
`;
const end = '</body>\n</html>\n';

/** A project of the list, as we write it. Names are letters, digits and `-_.`: nothing to unescape, nothing to escape. */
const entry = /\{"name":"([A-Za-z0-9._-]+)"\}/g;

/** Longer than any entry: so much of the end of a piece may belong to one that goes on in the next. */
const longestEntry = 512;

/**
 * The list of projects in HTML, of its JSON as we write it, piece by piece.
 *
 * @see PEP 503
 */
export const listInHtml: Rewrite = {
  form: 'html',
  begin() {
    let text = '';
    let begun = false;
    return {
      push(chunk) {
        // All of it is ASCII, so pieces may be cut anywhere.
        text += Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1');
        let lines = begun ? '' : head;
        begun = true;
        let read = 0;
        for (const match of text.matchAll(entry)) {
          lines += line(match[1]!);
          read = match.index + match[0].length;
        }
        text = text.slice(Math.max(read, text.length - longestEntry));
        return Buffer.from(lines, 'latin1');
      },
      end: () => Buffer.from(begun ? end : head + end, 'latin1'),
    };
  },
};

function line(name: string): string {
  return `<a href="${name.replace(/[-_.]+/g, '-').toLowerCase()}/">${name}</a><br>\n`;
}
