import type { ContentSink } from '../tar/content-sink.ts';
import type { PathsTally } from './paths-summary.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** `{` `[` `{`: the root, the list, a path in it. */
const PATH_DEPTH = 3;
/** Keys of the root longer than this are not "paths". */
const MAX_KEY_BYTES = 64;
/** A path of 4096 characters, a placeholder of 255 and two digests stay far below. */
const MAX_RECORD_BYTES = 256 * 1024;

/** A reader of paths.json. `readable` says, after the end, whether it was one. */
export type PathsJsonReader = ContentSink & { readonly readable: boolean };

/**
 * Read paths.json path by path: 300,000 of them are 70 MB of text and three times that as objects, of which only a few facts are wanted.
 * Each record is cut out by its braces and parsed alone. Never throws; a damaged file is `readable: false`.
 *
 * @see conda-build, info/paths.json version 1
 */
export function readPathsJson(tally: PathsTally): PathsJsonReader {
  let depth = 0;
  let inString = false;
  let escaped = false;
  let inPaths = false;
  let found = false;
  let broken = false;
  let ended = false;
  // The last string directly in the root: a key, once a colon follows.
  let key: number[] = [];
  // The record begun in an earlier piece.
  let carried: Uint8Array[] = [];
  let carriedBytes = 0;
  let recordFrom = -1;

  function onRecord(tail: Uint8Array): void {
    const text = Buffer.concat([...carried, tail]).toString('utf8');
    carried = [];
    carriedBytes = 0;
    try {
      const record = JSON.parse(text) as Record<string, unknown>;
      const path = record._path;
      if (typeof path !== 'string') throw new SyntaxError('no _path');
      const replaced = typeof record.prefix_placeholder === 'string' && record.prefix_placeholder !== '';
      tally.add(path, replaced ? (record.file_mode === 'binary' ? 'binary' : 'text') : undefined);
    } catch {
      broken = true;
    }
  }

  function open(byte: number, at: number): void {
    depth += 1;
    if (depth === 1 && byte !== OPEN_BRACE) broken = true;
    if (depth === 2) {
      inPaths = byte === OPEN_BRACKET && Buffer.from(key).toString('latin1') === 'paths';
      if (inPaths) found = true;
    }
    if (depth === PATH_DEPTH && inPaths) recordFrom = at;
  }

  function close(piece: Uint8Array, at: number): void {
    if (depth === PATH_DEPTH && inPaths) {
      onRecord(piece.subarray(recordFrom, at + 1));
      recordFrom = -1;
    }
    depth -= 1;
    if (depth < 0) broken = true;
  }

  return {
    write(piece) {
      if (broken) return;
      if (recordFrom === -1 && carriedBytes > 0) recordFrom = 0;
      for (let at = 0; at < piece.length; at++) {
        const byte = piece[at]!;
        if (inString) {
          if (escaped) escaped = false;
          else if (byte === BACKSLASH) escaped = true;
          else if (byte === QUOTE) inString = false;
          else if (depth === 1 && key.length < MAX_KEY_BYTES) key.push(byte);
        } else if (byte === QUOTE) {
          inString = true;
          if (depth === 1) key = [];
        } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) open(byte, at);
        else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) close(piece, at);
      }
      if (recordFrom !== -1) {
        // The piece is lent.
        carried.push(piece.slice(recordFrom));
        carriedBytes += piece.length - recordFrom;
        recordFrom = -1;
        if (carriedBytes > MAX_RECORD_BYTES) broken = true;
      }
    },
    end() {
      ended = true;
    },
    get readable() {
      return ended && found && !broken && !inString && depth === 0;
    },
  };
}
