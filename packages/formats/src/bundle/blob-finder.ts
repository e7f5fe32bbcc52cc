import { decodeUtf8 } from '../utf8.ts';
import { blobsOfRecordLine } from './contents.ts';
import { lineText } from './lines.ts';

/** What follows a record's digest: `","bytes":`. */
const behindDigest = 10;
const digestBytes = 64;

/**
 * Tells which of some blobs (hex) lines of records name, in bytes that hold whole ones. Nearly all lines end with their only blob, and
 * there it is read: a listing has hundreds of thousands of lines.
 */
export function blobFinder(wanted: ReadonlySet<string>): (lines: Uint8Array) => string[] {
  const beginnings = new Set([...wanted].map((sha256) => Number.parseInt(sha256.slice(0, 8), 16) | 0));
  return (lines) => {
    const found: string[] = [];
    if (wanted.size === 0) return found;
    let from = 0;
    for (let end = lines.indexOf(10); end >= 0; end = lines.indexOf(10, from)) {
      // Before the brace at the end.
      let at = end - 2;
      if (isDigit(lines[at]!)) {
        while (isDigit(lines[at]!)) at--;
        const digest = at + 1 - behindDigest - digestBytes;
        if (beginnings.has(beginningAt(lines, digest))) {
          const sha256 = decodeUtf8(lines.subarray(digest, digest + digestBytes));
          if (wanted.has(sha256)) found.push(sha256);
        }
      } else {
        for (const { sha256 } of blobsOfRecordLine(lineText(lines.subarray(from, end)))) {
          if (wanted.has(sha256)) found.push(sha256);
        }
      }
      from = end + 1;
    }
    return found;
  };
}

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57;
}

/** The number that eight hexadecimal digits are, in 32 bits. */
function beginningAt(lines: Uint8Array, at: number): number {
  let number = 0;
  for (let i = at; i < at + 8; i++) number = (number << 4) | ((lines[i]! & 15) + (lines[i]! > 64 ? 9 : 0));
  return number;
}
