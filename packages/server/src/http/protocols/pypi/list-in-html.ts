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
        for (let at = bytes.indexOf(before); at !== -1; at = nextEntry(bytes, read)) {
          const name = at + before.length;
          let nameEnd = name;
          while (normalised[bytes[nameEnd]!]) nameEnd++;
          if (bytes.length - nameEnd < behind.length) break;
          read = nameEnd;
          if (isAt(bytes, nameEnd, behind)) end = writeLine(bytes, name, nameEnd, lines, end);
        }
        left = bytes.copy(rest, 0, Math.max(read, bytes.length - longestEntry));
        bytes.buffer.transfer(0);
        return lines.subarray(0, end);
      },
      end: () => Buffer.from(begun ? tail : head + tail, 'latin1'),
    };
  },
};

/** Where the next entry begins, mostly right behind the last one and a comma; -1 for none. */
function nextEntry(bytes: Buffer, from: number): number {
  const near = from + behind.length + 1;
  return isAt(bytes, near, before) ? near : bytes.indexOf(before, from);
}

function isAt(bytes: Uint8Array, at: number, wanted: Uint8Array): boolean {
  for (let i = 0; i < wanted.length; i++) if (bytes[at + i] !== wanted[i]) return false;
  return true;
}

/** @returns where the line ends. */
function writeLine(bytes: Buffer, name: number, nameEnd: number, lines: Buffer, begin: number): number {
  let end = put(link, 0, link.length, lines, begin);
  let last = 0;
  for (let i = name; i < nameEnd; i++) {
    const byte = normalised[bytes[i]!]!;
    if (byte !== dash || last !== dash) lines[end++] = byte;
    last = byte;
  }
  end = put(text, 0, text.length, lines, end);
  end = put(bytes, name, nameEnd, lines, end);
  return put(close, 0, close.length, lines, end);
}

/** Buffer.copy takes longer to be called than a few bytes take. @returns where they end. */
function put(bytes: Uint8Array, from: number, to: number, target: Uint8Array, at: number): number {
  for (let i = from; i < to; i++) target[at++] = bytes[i]!;
  return at;
}
