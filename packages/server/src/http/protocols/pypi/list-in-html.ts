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
const tail = '</body>\n</html>\n';
const dash = 0x2d;

/** What stands before a name and behind it, in the list as we write it and in HTML. */
const [before, behind] = [Buffer.from('{"name":"'), Buffer.from('"}')];
const [link, text, close] = [Buffer.from('<a href="'), Buffer.from('/">'), Buffer.from('</a><br>\n')];

/** Longer than any entry: so much of the end of a piece may belong to one that goes on in the next. */
const longestEntry = 512;

/** Names are letters, digits and `-_.`: nothing to unescape, nothing to escape. What each is in an address; 0 for other bytes. */
const normalised = Uint8Array.from({ length: 256 }, (_, byte) => {
  const letter = String.fromCharCode(byte);
  if (/[-_.]/.test(letter)) return dash;
  return /[a-z0-9]/i.test(letter) ? letter.toLowerCase().charCodeAt(0) : 0;
});

/**
 * The list of projects in HTML, of its JSON as we write it, piece by piece. Bytes are copied, no text is made of them: of a list
 * of 700,000 names that is five times as fast, and leaves nothing for the collector.
 *
 * @see PEP 503
 */
export const listInHtml: Rewrite = {
  form: 'html',
  begin() {
    const rest = Buffer.alloc(longestEntry);
    let left = 0;
    let begun = false;
    return {
      push(chunk) {
        const bytes = Buffer.allocUnsafeSlow(left + chunk.byteLength);
        rest.copy(bytes, 0, 0, left);
        bytes.set(chunk, left);
        // No line is longer than twice what it is made of.
        const lines = Buffer.allocUnsafeSlow(2 * bytes.length + head.length);
        let end = begun ? 0 : lines.write(head, 'latin1');
        begun = true;
        let read = 0;
        for (let at = bytes.indexOf(before); at !== -1; at = bytes.indexOf(before, read)) {
          const name = at + before.length;
          const nameEnd = bytes.indexOf(behind, name);
          if (nameEnd === -1) break;
          read = nameEnd + behind.length;
          end = writeLine(bytes, name, nameEnd, lines, end);
        }
        left = bytes.copy(rest, 0, Math.max(read, bytes.length - longestEntry));
        bytes.buffer.transfer(0);
        return lines.subarray(0, end);
      },
      end: () => Buffer.from(begun ? tail : head + tail, 'latin1'),
    };
  },
};

/** @returns where the line ends; it is left out where the name is none. */
function writeLine(bytes: Buffer, name: number, nameEnd: number, lines: Buffer, begin: number): number {
  let end = begin + link.copy(lines, begin);
  let last = 0;
  for (let i = name; i < nameEnd; i++) {
    const byte = normalised[bytes[i]!]!;
    if (byte === 0) return begin;
    if (byte !== dash || last !== dash) lines[end++] = byte;
    last = byte;
  }
  end += text.copy(lines, end);
  end += bytes.copy(lines, end, name, nameEnd);
  return end + close.copy(lines, end);
}
