import { parseJsonObject } from '../conda/json.ts';
import { bytesToHex } from '../digest/hex.ts';
import { FormatError } from '../errors.ts';
import { encodeUtf8 } from '../utf8.ts';

/** What the far side of a series has, as it is carried back: a line of JSON, then the first 8 bytes of each blob's digest. */
export interface FarState {
  series: string;
  /** Of the last bundle that was applied; 0: none. */
  serial: number;
  /** Who signed that bundle; null where there was none. */
  issuer: string | null;
  /** Digest of the listing it has, lower-case hex; null where there is none. */
  state: string | null;
  /** The first 16 hex digits of the SHA-256 of each blob it has. */
  blobs: ReadonlySet<string>;
}

/** Hex digits of a digest that a state file carries: two blobs of one million share them by a chance of 1 to 37 million. */
export const prefixDigits = 16;

/** Write a state file. The same state gives the same bytes. */
export function writeStateFile({ series, serial, issuer, state, blobs }: FarState): Uint8Array {
  const prefixes = [...blobs].sort();
  const line = encodeUtf8(
    `${JSON.stringify({ sluice_state: 1, series, serial, issuer, state, blobs: prefixes.length })}\n`,
  );
  const bytes = new Uint8Array(line.length + prefixes.length * 8);
  bytes.set(line);
  let at = line.length;
  for (const prefix of prefixes) {
    for (let digit = 0; digit < prefixDigits; digit += 2)
      bytes[at++] = Number.parseInt(prefix.slice(digit, digit + 2), 16);
  }
  return bytes;
}

/**
 * Read a state file.
 *
 * @throws {FormatError} `bundle_state` when it is none or was cut.
 */
export function readStateFile(bytes: Uint8Array): FarState {
  const end = bytes.subarray(0, 1024).indexOf(10);
  if (end < 0) throw invalid('a line of JSON first', 'no line');
  const fields = parseJsonObject(bytes.subarray(0, end), 'A state file', 'bundle_state');
  const { sluice_state: version, series, serial, issuer, state, blobs: count } = fields;
  if (version !== 1) throw invalid('"sluice_state": 1', String(version));
  if (typeof series !== 'string' || typeof serial !== 'number' || typeof count !== 'number') {
    throw invalid('series, serial and the number of blobs', 'others');
  }
  if (!(issuer === null || typeof issuer === 'string') || !(state === null || typeof state === 'string')) {
    throw invalid('issuer and state as text or null', 'others');
  }
  const rest = bytes.subarray(end + 1);
  if (rest.length !== count * 8) throw invalid(`${count} blobs`, `${rest.length} bytes, which is cut or more`);
  const blobs = new Set<string>();
  for (let at = 0; at < rest.length; at += 8) blobs.add(bytesToHex(rest.subarray(at, at + 8)));
  return { series, serial, issuer, state, blobs };
}

function invalid(wanted: string, found: string): FormatError {
  return new FormatError(
    'bundle_state',
    'This is no state file of the far side: write it there with `sluice bundle state`.',
    {
      wanted,
      found,
    },
  );
}
