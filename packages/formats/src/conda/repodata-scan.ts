import { FormatError } from '../errors.ts';
import { decodeUtf8 } from '../utf8.ts';
import { isJsonObject } from './json.ts';
import { enterNested, newJsonSkip, skipNested, skipScalar, skipString } from './json-skip.ts';
import { createKeptBytes } from './kept-bytes.ts';
import type { RepodataBucket, RepodataInfo } from './repodata-document.ts';

/** Who is told what. A handler that throws stops the scan; its error reaches the caller of `push`. */
export interface RepodataScanHandlers {
  /**
   * One record, in document order.
   *
   * @param fileName the key; in the `v3` maps, whose keys are stems, with the extension added.
   * @param record the value byte for byte without outer blanks. A view that is valid only during the call. It is one
   *   balanced JSON value, by no means surely a sound one: `readRecord` tells.
   */
  onRecord(bucket: RepodataBucket, fileName: string, record: Uint8Array): void;
  /**
   * Asked before a record is read, for who keeps what the document was: is it known which record stands here, key and all? A
   * known one is passed over, not handed to `onRecord`.
   *
   * @param at where the key's opening quote stands in the chunk.
   * @returns the index behind the record's value, which must lie in the chunk; 0 when the record is to be read.
   */
  isKnown?(bucket: RepodataBucket, chunk: Uint8Array, at: number): number;
  onInfo?(info: RepodataInfo): void;
  /** The key of a record in a `v3` map that is not read: `whl`, of wheels. */
  onLeftOut?(map: 'v3.whl', key: string): void;
  /**
   * Who signed a file, by its name: the value in `signatures` byte for byte, a view that is valid only during the call. One
   * balanced JSON object, by no means surely a sound one.
   */
  onSignatures?(fileName: string, signatures: Uint8Array): void;
  /** One file name of the `removed` list. */
  onRemoved?(fileName: string): void;
}

/** What the whole document was. */
export interface RepodataScanSummary {
  /** Top-level `repodata_version`; undefined when the document has none. */
  repodataVersion: number | undefined;
  records: number;
  bytes: number;
}

/** A scan in progress: feed it every chunk in order, then end it. */
export interface RepodataScanner {
  /** @throws {FormatError} `repodata_syntax`, `repodata_version`, `repodata_limit`. The scan is then over. */
  push(chunk: Uint8Array): void;
  /** @throws {FormatError} `repodata_truncated` when the document is not complete. */
  end(): RepodataScanSummary;
}

/** The newest document layout clients know: conda refuses a higher `repodata_version`. */
const MAX_REPODATA_VERSION = 2;
/** Far above any record known: the longest of conda-forge have some 100 KB. */
const MAX_VALUE_BYTES = 16 * 1024 * 1024;
const MAX_DEPTH = 64;

// Where the scan stands. DONE is the only state a document may end in.
const START = 0;
const FIRST_KEY = 1;
const KEY = 2;
const IN_KEY = 3;
const COLON = 4;
const VALUE = 5;
const IN_NESTED = 6;
const IN_STRING = 7;
const IN_SCALAR = 8;
const AFTER_VALUE = 9;
const FIRST_ITEM = 10;
const DONE = 11;

// What the value at hand is for. From OPEN_MAP on, a container to step into, or null.
const SKIP = 0;
const RECORD = 1;
const INFO = 2;
const VERSION = 3;
const REMOVED_ITEM = 4;
const SIGNATURES = 5;
const OPEN_MAP = 6;
const OPEN_V3 = 7;
const OPEN_REMOVED = 8;
const OPEN_WHEELS = 9;
const OPEN_SIGNATURES = 10;

const QUOTE = 0x22;
const MINUS = 0x2d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

type Frame = { kind: 'top' | 'v3' | 'v3.whl' | 'removed' | 'signatures' } | { kind: 'map'; bucket: RepodataBucket };

/**
 * Scan a repodata.json that arrives in chunks, without ever holding more of it than one record.
 *
 * It walks the bytes, finds the members of CEP 36 and CEP 48 in any order and any layout, and hands every record over
 * as it was written. A map that is missing or `null` counts as empty; one that comes twice is delivered twice; unknown
 * members are passed over, checked only for balance. Chunks may be cut anywhere, also inside a character.
 *
 * `repodata_version` sorts after the records, so a document may turn out unreadable at its end: keep nothing before
 * `end` returned.
 *
 * Bounds: one record, key or `info` ≤ 16 MiB, depth inside one value ≤ 64.
 *
 * @see CEP 36 https://conda.org/learn/ceps/cep-0036
 */
export function createRepodataScanner(handlers: RepodataScanHandlers): RepodataScanner {
  let state = START;
  let busy = false;
  let base = 0;
  let records = 0;
  let repodataVersion: number | undefined;
  let use = SKIP;
  let fileName = '';
  let mapBucket: RepodataBucket = 'packages';
  const frames: Frame[] = [];
  const skip = newJsonSkip(MAX_DEPTH);
  const kept = createKeptBytes(MAX_VALUE_BYTES);

  function unexpected(wanted: string, chunk: Uint8Array, i: number): never {
    const byte = chunk[i]!;
    const shown = byte > 0x20 && byte < 0x7f ? `"${String.fromCharCode(byte)}"` : `0x${byte.toString(16)}`;
    throw broken(wanted, shown, base + i);
  }

  function taken(chunk: Uint8Array, end: number): Uint8Array {
    return kept.take(chunk, end) ?? tooLong(end);
  }

  function tooLong(end: number): never {
    throw beyond(`at most ${MAX_VALUE_BYTES} bytes a value`, base + end);
  }

  function readKey(chunk: Uint8Array, end: number): string {
    const bytes = taken(chunk, end);
    try {
      const text = decodeUtf8(bytes);
      return skip.hadEscape ? (JSON.parse(`"${text}"`) as string) : text;
    } catch {
      throw broken('a key in UTF-8 with JSON escapes', 'another', base + end);
    }
  }

  function onKey(key: string): void {
    const frame = frames[frames.length - 1]!;
    use = SKIP;
    if (frame.kind === 'map') {
      use = RECORD;
      fileName = frame.bucket.startsWith('v3.') ? key + frame.bucket.slice(2) : key;
    } else if (frame.kind === 'signatures') {
      use = SIGNATURES;
      fileName = key;
    } else if (frame.kind === 'v3.whl') handlers.onLeftOut?.('v3.whl', key);
    else if (frame.kind === 'v3') {
      if (key === 'whl') use = OPEN_WHEELS;
      if (key !== 'conda' && key !== 'tar.bz2') return;
      use = OPEN_MAP;
      mapBucket = `v3.${key}`;
    } else if (key === 'packages' || key === 'packages.conda') {
      use = OPEN_MAP;
      mapBucket = key;
    } else if (key === 'v3') use = OPEN_V3;
    else if (key === 'removed') use = OPEN_REMOVED;
    // Whoever does not want them has them passed over as what nobody knows, whatever stands there.
    else if (key === 'signatures' && handlers.onSignatures) use = OPEN_SIGNATURES;
    else if (key === 'info') use = INFO;
    else if (key === 'repodata_version') use = VERSION;
  }

  /** The value behind index `end - 1` is complete. */
  function onValue(chunk: Uint8Array, end: number): void {
    const wasScalar = state === IN_SCALAR;
    state = AFTER_VALUE;
    if (!kept.active()) return;
    const bytes = taken(chunk, end);
    // The bytes of a nested record go on unread; everything else is small.
    const value = (use === RECORD || use === SIGNATURES) && !wasScalar ? undefined : parsed(bytes, end);
    if (use === RECORD) {
      const frame = frames[frames.length - 1]!;
      records++;
      if (frame.kind === 'map') handlers.onRecord(frame.bucket, fileName, bytes);
    } else if (use === SIGNATURES) {
      if (bytes[0] === OPEN_BRACE) handlers.onSignatures?.(fileName, bytes);
    } else if (use === REMOVED_ITEM) {
      if (typeof value === 'string') handlers.onRemoved?.(value);
    } else if (value === null) return;
    else if (use === INFO) onInfo(value, end);
    else if (use === VERSION) onVersion(value);
  }

  function parsed(bytes: Uint8Array, end: number): unknown {
    try {
      return JSON.parse(decodeUtf8(bytes));
    } catch {
      throw broken('a JSON value in UTF-8', 'another', base + end);
    }
  }

  function onInfo(raw: unknown, end: number): void {
    if (!isJsonObject(raw)) throw broken('an object or null as info', 'another value', base + end);
    const { subdir, base_url: baseUrl } = raw;
    handlers.onInfo?.({
      subdir: typeof subdir === 'string' ? subdir : undefined,
      baseUrl: typeof baseUrl === 'string' ? baseUrl : undefined,
      raw,
    });
  }

  function onVersion(version: unknown): void {
    if (typeof version === 'number' && version <= MAX_REPODATA_VERSION) {
      repodataVersion = version;
      return;
    }
    throw new FormatError(
      'repodata_version',
      'This repodata is of a version that conda does not read either: mirror another source.',
      { wanted: `repodata_version ≤ ${MAX_REPODATA_VERSION}`, found: JSON.stringify(version).slice(0, 40) },
    );
  }

  function onValueStart(chunk: Uint8Array, i: number): void {
    const c = chunk[i]!;
    if (use === OPEN_REMOVED && c === OPEN_BRACKET) {
      open({ kind: 'removed' }, FIRST_ITEM);
      return;
    }
    if ((use === OPEN_MAP || use === OPEN_V3) && c === OPEN_BRACE) {
      open(use === OPEN_V3 ? { kind: 'v3' } : { kind: 'map', bucket: mapBucket }, FIRST_KEY);
      return;
    }
    if (use === OPEN_WHEELS && c === OPEN_BRACE) {
      open({ kind: 'v3.whl' }, FIRST_KEY);
      return;
    }
    if (use === OPEN_SIGNATURES && c === OPEN_BRACE) {
      open({ kind: 'signatures' }, FIRST_KEY);
      return;
    }
    // An odd one signs nothing; the records can be read all the same.
    if (use === OPEN_SIGNATURES) use = SKIP;
    const isNull = c === 0x6e;
    if (use >= OPEN_MAP && !isNull)
      unexpected(use === OPEN_REMOVED ? 'an array or null' : 'an object or null', chunk, i);

    const isScalar = isNull || (c >= 0x30 && c <= 0x39) || c === MINUS || c === 0x74 || c === 0x66;
    if (c === OPEN_BRACE || c === OPEN_BRACKET) {
      state = IN_NESTED;
      enterNested(skip, c);
    } else if (c === QUOTE) state = IN_STRING;
    else if (isScalar) state = IN_SCALAR;
    else unexpected('a JSON value', chunk, i);
    if (use !== SKIP || isScalar) kept.begin(i);
  }

  function open(frame: Frame, inside: number): void {
    frames.push(frame);
    state = inside;
  }

  function close(): void {
    frames.pop();
    state = frames.length === 0 ? DONE : AFTER_VALUE;
  }

  /** One byte of the frame around keys and values. */
  function onStructure(chunk: Uint8Array, i: number): void {
    const c = chunk[i]!;
    switch (state) {
      case START:
        if (c === BYTE_ORDER_MARK[base + i]) break;
        if (c !== OPEN_BRACE) unexpected('"{"', chunk, i);
        open({ kind: 'top' }, FIRST_KEY);
        break;
      case FIRST_KEY:
        if (c === CLOSE_BRACE) close();
        else beginKey(chunk, i);
        break;
      case KEY:
        beginKey(chunk, i);
        break;
      case COLON:
        if (c !== 0x3a) unexpected('":"', chunk, i);
        state = VALUE;
        break;
      case FIRST_ITEM:
        use = REMOVED_ITEM;
        if (c === CLOSE_BRACKET) close();
        else onValueStart(chunk, i);
        break;
      case VALUE:
        onValueStart(chunk, i);
        break;
      case AFTER_VALUE: {
        const inList = frames[frames.length - 1]!.kind === 'removed';
        if (c === 0x2c) state = inList ? VALUE : KEY;
        else if (c === (inList ? CLOSE_BRACKET : CLOSE_BRACE)) close();
        else unexpected(inList ? '"," or "]"' : '"," or "}"', chunk, i);
        break;
      }
      default:
        unexpected('the end of the document', chunk, i);
    }
  }

  function beginKey(chunk: Uint8Array, i: number): void {
    if (chunk[i] !== QUOTE) unexpected('a key', chunk, i);
    state = IN_KEY;
    skip.hadEscape = false;
    kept.begin(i + 1);
  }

  /** The index behind the record whose key begins here, when it is known. */
  function behindKnown(chunk: Uint8Array, i: number): number {
    if (!handlers.isKnown || (state !== KEY && state !== FIRST_KEY)) return 0;
    const frame = frames[frames.length - 1]!;
    if (frame.kind !== 'map') return 0;
    const end = handlers.isKnown(frame.bucket, chunk, i);
    if (end > 0) {
      records++;
      state = AFTER_VALUE;
    }
    return end;
  }

  function scan(chunk: Uint8Array): void {
    const n = chunk.length;
    let i = 0;
    while (i < n) {
      switch (state) {
        case IN_KEY:
          i = skipString(skip, chunk, i);
          if (i > n) break;
          state = COLON;
          onKey(readKey(chunk, i - 1));
          break;
        case IN_NESTED:
          i = skipNested(skip, chunk, i);
          if (skip.fault === 'depth') throw beyond(`at most ${MAX_DEPTH} levels`, base + i);
          if (skip.fault === 'bracket') unexpected('the other closing bracket', chunk, i - 1);
          if (i <= n) onValue(chunk, i);
          break;
        case IN_STRING:
          i = skipString(skip, chunk, i);
          if (i <= n) onValue(chunk, i);
          break;
        case IN_SCALAR:
          i = skipScalar(chunk, i);
          if (i <= n) onValue(chunk, i);
          break;
        default: {
          const c = chunk[i]!;
          const behind = c === QUOTE ? behindKnown(chunk, i) : 0;
          if (behind > 0) {
            i = behind;
            break;
          }
          if (c > 0x20 || (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09)) onStructure(chunk, i);
          i++;
        }
      }
    }
    if (kept.active() && !kept.carryOver(chunk)) tooLong(n);
    base += n;
  }

  /** A scan that threw stays busy, so it can neither go on nor end well. */
  function guarded<T>(work: () => T): T {
    if (busy)
      throw new FormatError('repodata_syntax', 'This scan has failed: start a new one.', { found: 'a failed scan' });
    busy = true;
    const result = work();
    busy = false;
    return result;
  }

  return {
    push: (chunk) => guarded(() => scan(chunk)),
    end: () =>
      guarded(() => {
        if (state === DONE) return { repodataVersion, records, bytes: base };
        throw new FormatError('repodata_truncated', 'The repodata document ends early: fetch it again.', {
          wanted: 'a complete JSON object',
          found: `${base} bytes`,
        });
      }),
  };
}

function broken(wanted: string, found: string, at: number): FormatError {
  return new FormatError(
    'repodata_syntax',
    `The repodata document is broken at byte ${at}: check that the source serves a complete repodata.json.`,
    { wanted, found: `${found} at byte ${at}` },
  );
}

function beyond(wanted: string, at: number): FormatError {
  return new FormatError(
    'repodata_limit',
    `The repodata document is beyond a limit at byte ${at}: no known channel needs that, check the source.`,
    { wanted, found: `more, at byte ${at}` },
  );
}
