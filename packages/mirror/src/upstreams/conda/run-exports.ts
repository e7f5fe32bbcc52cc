import { createHash } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import type { PartOrigin, SourcePartRow } from '@sluice/catalog';
import { createRepodataScanner, type JsonObject } from '@sluice/formats/conda';
import { FormatError } from '@sluice/formats/errors';
import { runExportsOfIndex } from '@sluice/registry';
import { MirrorError } from '../../errors.ts';
import { gunzipped } from '../../fetch/gunzipped.ts';
import { unzstd } from '../../fetch/unzstd.ts';
import { absentIfNone } from '../absent-if.ts';
import { openFolderFile } from '../folder-file.ts';
import type { UpstreamDeps } from '../upstream-deps.ts';
import { absenceMs, isBelieved } from './absence.ts';
import { ask } from './ask.ts';
import { channelLocation, channelUrl } from './locate.ts';
import { type RunExportsTable, runExportsTable } from './run-exports-table.ts';

/** The columns of a part that say which run_exports.json was read last. */
export type RunExportsOrigin = Pick<
  Required<PartOrigin>,
  'run_exports_url' | 'run_exports_sha256' | 'run_exports_etag' | 'run_exports_last_modified'
>;

/** What was known of them before; undefined for a new part. */
export type KnownRunExports = Pick<SourcePartRow, keyof RunExportsOrigin | 'run_exports_absent_at'>;

/** `unchanged`: the validators still hold, and nothing was read. Absent: the upstream has none. */
export type RunExportsAnswer =
  | { status: 'unchanged' }
  | { status: 'absent'; since: Date }
  | { status: 'read'; table: RunExportsTable; origin: RunExportsOrigin };

/** No upstream needs more. Bytes of plain JSON. */
const mostBytes = 1024 ** 3;

/**
 * Read the run_exports.json of a subdir, compressed or not, into a table. One that is no such document counts as none:
 * what a package exports is then not known.
 *
 * @param known nothing when it must be read whatever was read before.
 * @throws {MirrorError} `upstream_unavailable` and what else a broken connection throws.
 * @see CEP 12
 */
export async function readRunExports(
  deps: UpstreamDeps,
  subdir: string,
  known: KnownRunExports | undefined,
  now: Date,
): Promise<RunExportsAnswer> {
  const absentAt = known?.run_exports_absent_at;
  if (isBelieved(absentAt, now, absenceMs.runExports)) return { status: 'absent', since: absentAt };
  for (const encoding of ['zst', 'json'] as const) {
    const opened = await open(deps, `${subdir}/run_exports.json${encoding === 'zst' ? '.zst' : ''}`, encoding, known);
    if (opened === 'unchanged') return { status: 'unchanged' };
    const answer = opened && (await scanned(opened, encoding));
    if (answer) return answer;
  }
  return { status: 'absent', since: now };
}

interface Opened {
  bytes: AsyncIterable<Uint8Array>;
  origin: Omit<RunExportsOrigin, 'run_exports_sha256'>;
}

async function open(
  deps: UpstreamDeps,
  path: string,
  encoding: 'zst' | 'json',
  known: KnownRunExports | undefined,
): Promise<Opened | 'unchanged' | undefined> {
  const location = channelLocation(deps.address, path);
  const url = location.kind === 'file' ? pathToFileURL(location.path).href : channelUrl(deps.address, path);
  const etag = known?.run_exports_url === url ? known.run_exports_etag : null;
  if (location.kind === 'file') {
    const file = await openFolderFile(deps, location.path, { url, etag });
    if (file === undefined || file === 'unchanged') return file;
    return {
      bytes: file.bytes,
      origin: { run_exports_url: url, run_exports_etag: file.etag, run_exports_last_modified: null },
    };
  }
  const lastModified = known?.run_exports_last_modified ?? null;
  const answer = await ask(deps, path, encoding, { url: known?.run_exports_url ?? null, etag, lastModified }).catch(
    absentIfNone,
  );
  if (answer === undefined || answer === 'unchanged') return answer;
  const gzipped = encoding === 'json' && answer.headers['content-encoding'] === 'gzip';
  return {
    bytes: gzipped ? gunzipped(answer.body) : answer.body,
    origin: {
      run_exports_url: url,
      run_exports_etag: answer.headers.etag ?? null,
      run_exports_last_modified: answer.headers['last-modified'] ?? null,
    },
  };
}

async function scanned({ bytes, origin }: Opened, encoding: 'zst' | 'json'): Promise<RunExportsAnswer | undefined> {
  const hash = createHash('sha256');
  async function* hashed() {
    for await (const chunk of bytes) {
      hash.update(chunk);
      yield chunk;
    }
  }
  const table = runExportsTable();
  const scanner = createRepodataScanner({ onRecord: (_, file, text) => table.add(file, exportsIn(text)) });
  try {
    let size = 0;
    for await (const chunk of encoding === 'zst' ? unzstd(hashed()) : hashed()) {
      size += chunk.length;
      if (size > mostBytes) return undefined;
      scanner.push(chunk);
    }
    scanner.end();
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    if (error instanceof MirrorError && error.code === 'upstream_malformed') return undefined;
    throw error;
  }
  return { status: 'read', table, origin: { ...origin, run_exports_sha256: hash.digest() } };
}

/** The two ways to say that a package exports nothing. */
const nothing = new Set(['{}', '{"run_exports":{}}']);
const longestNothing = 18;

function exportsIn(text: Uint8Array): Uint8Array | null {
  const json = Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString();
  if (json.length <= longestNothing && nothing.has(json)) return none;
  try {
    return runExportsOfIndex((JSON.parse(json) as JsonObject | null)?.run_exports ?? null);
  } catch {
    return null;
  }
}

const none = new TextEncoder().encode('{}');
