import { createHash } from 'node:crypto';
import { ArchiveError } from '../errors.ts';
import type { Budget } from '../limits.ts';

/** What RECORD says of one file. */
export type RecordEntry = {
  readonly algorithm: string | undefined;
  readonly digest: string;
  readonly size: number | undefined;
};

/** Digests that are believed; md5 and sha1 are forbidden by the specification. */
const ALGORITHMS = new Set(['sha256', 'sha384', 'sha512']);

/**
 * Read the RECORD of a wheel: lines of path, digest and size, as CSV.
 *
 * @throws {ArchiveError} `record_mismatch`: a line that is none, a path twice, a digest of a forbidden kind.
 * @see PyPA "Recording installed projects"; PEP 376, PEP 427
 */
export function readRecord(text: string, entry: string): Map<string, RecordEntry> {
  const entries = new Map<string, RecordEntry>();
  for (const line of text.split(/\r\n|\n|\r/)) {
    if (line === '') continue;
    const fields = csvFields(line);
    const [path, digest = '', size = ''] = fields;
    if (path === undefined || path === '' || fields.length > 3) throw mismatch(entry, 'path,digest,size', line);
    const [algorithm, value] = digest === '' ? [undefined, ''] : splitOnce(digest);
    if (algorithm !== undefined && !ALGORITHMS.has(algorithm)) throw mismatch(entry, 'sha256=…', digest);
    if (!/^\d{0,16}$/.test(size)) throw mismatch(entry, 'a size in bytes', size);
    const key = path.replaceAll('\\', '/');
    if (entries.has(key)) throw mismatch(entry, `one line for ${key}`, 'two');
    entries.set(key, { algorithm, digest: value, size: size === '' ? undefined : Number(size) });
  }
  return entries;
}

/**
 * Whether RECORD lists exactly the files of the wheel. RECORD itself and its signatures need no line, nor any digest.
 *
 * @throws {ArchiveError} `record_mismatch`, naming the first file at fault.
 */
export function checkCoverage(
  record: ReadonlyMap<string, RecordEntry>,
  files: Iterable<string>,
  recordPath: string,
): void {
  const present = new Set(files);
  for (const path of present) {
    if (!record.has(path) && !isRecordItself(path, recordPath)) throw mismatch(path, 'a line in RECORD', 'none');
  }
  for (const path of record.keys()) {
    if (!present.has(path) && !path.endsWith('/') && !isRecordItself(path, recordPath))
      throw mismatch(path, 'a file that RECORD lists', 'none');
  }
}

/**
 * Hand on the bytes of a file and hold them against its line in RECORD at the end.
 *
 * @throws {ArchiveError} `record_mismatch`, and those of the budget.
 */
export async function* checked(
  pieces: AsyncIterable<Uint8Array>,
  path: string,
  said: RecordEntry | undefined,
): AsyncGenerator<Uint8Array> {
  const hash = said?.algorithm === undefined ? undefined : createHash(said.algorithm);
  let size = 0;
  for await (const piece of pieces) {
    hash?.update(piece);
    size += piece.byteLength;
    yield piece;
  }
  if (said?.size !== undefined && said.size !== size) throw mismatch(path, `${said.size} bytes`, `${size} bytes`);
  const digest = hash?.digest('base64url');
  // Some tools pad.
  if (digest !== undefined && digest !== said!.digest.replace(/=+$/, '')) {
    throw mismatch(path, `${said!.algorithm}=${said!.digest}`, `${said!.algorithm}=${digest}`);
  }
}

/** Read to the end without keeping anything. */
export async function drain(pieces: AsyncIterable<Uint8Array>, budget: Budget): Promise<void> {
  for await (const piece of pieces) budget.decoded(piece.byteLength);
}

function isRecordItself(path: string, recordPath: string): boolean {
  return path === recordPath || path === `${recordPath}.jws` || path === `${recordPath}.p7s`;
}

function csvFields(line: string): string[] {
  if (!line.includes('"')) return line.split(',');
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)].map(
    ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? '',
  );
}

function splitOnce(digest: string): [string, string] {
  const at = digest.indexOf('=');
  return [digest.slice(0, Math.max(at, 0)).toLowerCase(), digest.slice(at + 1)];
}

function mismatch(entry: string, wanted: string, found: string): ArchiveError {
  return new ArchiveError(
    'record_mismatch',
    `The wheel's RECORD does not agree with its files at "${entry.slice(0, 200)}". Build the wheel again.`,
    { entry, wanted: wanted.slice(0, 200), found: found.slice(0, 200) },
  );
}
