import { decodeBzip2 } from '../bzip2/decode-bzip2.ts';
import { ArchiveError } from '../errors.ts';
import { type Budget, DEFAULT_LIMITS, type Limits, openBudget } from '../limits.ts';
import { type RandomAccess, readRange, withRandomAccess } from '../random-access.ts';
import { createSymlinkGuard } from '../tar/symlink-guard.ts';
import { createTarParser } from '../tar/tar-parser.ts';
import { readStoredMember } from '../zip/read-member.ts';
import { decodeZstd } from '../zstd/decode-zstd.ts';
import { type CondaPart, type CondaWalk, createCondaVisitor } from './conda-entries.ts';
import { readCondaMembers } from './conda-members.ts';
import { gatherInfoFiles, type InfoFiles, type WantedFiles } from './info-files.ts';
import type { PathsSummary } from './paths-summary.ts';

/** A JSON object as it was parsed; nothing in it is checked. */
export type JsonObject = { readonly [key: string]: unknown };

/**
 * What a conda package says of itself. The objects are as they were written: whether they agree with the file name, or with anything,
 * is judged elsewhere.
 */
export type CondaInspection = {
  readonly format: 'conda' | 'tar.bz2';
  /** `info/index.json`. */
  readonly index: JsonObject;
  readonly about?: JsonObject;
  readonly runExports?: JsonObject;
  readonly link?: JsonObject;
  /** Claims of the builder on vulnerabilities (`info/security.json`). */
  readonly security?: JsonObject;
  /** Absent when the package lists its files in no readable way. */
  readonly paths?: PathsSummary;
  readonly readme?: string;
  /** The texts of the JSON files above, by path (`info/index.json`, …), byte for byte what was shipped. */
  readonly texts: ReadonlyMap<string, string>;
  /** The files asked for by `also`, by path. */
  readonly also: ReadonlyMap<string, Uint8Array>;
  /** Files other than index.json that should be JSON objects and are not: no reason to refuse, since no client needs them. */
  readonly unreadable: readonly string[];
  /** What was walked: entries of the tars, and their bytes unpacked. */
  readonly entries: number;
  readonly bytes: number;
};

/**
 * `level`: `full` (default) walks every entry; `info` reads the metadata only. For `.tar.bz2` that means up to the first entry after
 * `info/`, which build tools put first; a second index.json behind it is then not seen. `also` names
 * further files to read, of those that `level` walks. `now` is a clock in milliseconds.
 */
export type InspectOptions = {
  readonly limits?: Partial<Limits>;
  readonly level?: 'full' | 'info';
  readonly also?: WantedFiles;
  readonly now?: () => number;
};

/**
 * Open a conda package safely: check its container, its limits and every entry, and read its metadata. Memory stays bounded whatever
 * the size (about 20 MB, and the window of the zstd encoder, 128 MiB at most).
 *
 * A `.tar.bz2` is decoded on the calling thread at some 40 MB a second, in turns of 20 ms: call it in a worker where latency counts.
 *
 * @param source a path, or bytes that can be read at any place.
 * @param fileName tells the format by its extension; nothing else of it is used.
 * @throws {ArchiveError} any code; every one is final for these bytes.
 */
export async function inspectConda(
  source: string | RandomAccess,
  fileName: string,
  { limits = {}, level = 'full', also, now = () => performance.now() }: InspectOptions = {},
): Promise<CondaInspection> {
  const format = formatOf(fileName);
  const budget = openBudget({ ...DEFAULT_LIMITS, ...limits }, now);
  const walk: CondaWalk = {
    budget,
    links: createSymlinkGuard(),
    info: gatherInfoFiles(budget.limits, also),
    indexSeen: false,
    payloadSeen: false,
  };
  await withRandomAccess(source, async (access) => {
    if (format === 'tar.bz2') {
      const whole = decodeBzip2(counted(readRange(access, 0, access.size), budget));
      await walkTar(whole, walk, 'whole', level === 'info');
    } else {
      const { info, payload } = await readCondaMembers(access, budget.compressed);
      await walkTar(decodeZstd(readStoredMember(access, info, budget.compressed), info.size), walk, 'info', false);
      if (level === 'full') {
        await walkTar(
          decodeZstd(readStoredMember(access, payload, budget.compressed), payload.size),
          walk,
          'payload',
          false,
        );
      }
    }
  });
  walk.links.end();
  return report(format, walk.info, budget);
}

function formatOf(fileName: string): 'conda' | 'tar.bz2' {
  if (fileName.endsWith('.conda')) return 'conda';
  if (fileName.endsWith('.tar.bz2')) return 'tar.bz2';
  throw new ArchiveError(
    'not_an_archive',
    'A conda package ends in .conda or .tar.bz2. Upload the file under its own name.',
    {
      wanted: '.conda or .tar.bz2',
      found: fileName.slice(-40),
    },
  );
}

/** With `early`, stop once index.json is read and the entries of `info/` are over. */
async function walkTar(
  pieces: AsyncIterable<Uint8Array>,
  walk: CondaWalk,
  part: CondaPart,
  early: boolean,
): Promise<void> {
  const parser = createTarParser(createCondaVisitor(walk, part));
  for await (const piece of pieces) {
    walk.budget.decoded(piece.byteLength);
    parser.push(piece);
    if (early && walk.payloadSeen && walk.info.kept.has('info/index.json')) return;
  }
  parser.end();
}

async function* counted(source: AsyncIterable<Uint8Array>, budget: Budget): AsyncGenerator<Uint8Array> {
  for await (const piece of source) {
    budget.compressed(piece.byteLength);
    yield piece;
  }
}

function report(format: CondaInspection['format'], info: InfoFiles, budget: Budget): CondaInspection {
  const texts = new Map<string, string>();
  const unreadable: string[] = [];
  function object(name: string): JsonObject | undefined {
    const path = `info/${name}`;
    const content = info.kept.get(path);
    if (content === undefined) return undefined;
    const parsed = parseObject(content);
    if (parsed === undefined) unreadable.push(path);
    else texts.set(path, parsed.text);
    return parsed?.object;
  }
  const index = object('index.json');
  if (index === undefined) throw withoutIndex(unreadable.length > 0);
  const [about, runExports, link, security] = ['about.json', 'run_exports.json', 'link.json', 'security.json'].map(
    object,
  );
  const paths = info.paths();
  if (info.pathsDamaged()) unreadable.push('info/paths.json');
  const readme = ['README.md', 'README.rst', 'README']
    .map((name) => info.kept.get(`info/${name}`))
    .find((text) => text !== undefined);
  return {
    format,
    index,
    ...(about === undefined ? {} : { about }),
    ...(runExports === undefined ? {} : { runExports }),
    ...(link === undefined ? {} : { link }),
    ...(security === undefined ? {} : { security }),
    ...(paths === undefined ? {} : { paths }),
    ...(readme === undefined ? {} : { readme: readme.toString('utf8') }),
    texts,
    also: info.also,
    unreadable,
    entries: budget.entries,
    bytes: budget.bytes,
  };
}

function parseObject(content: Buffer): { text: string; object: JsonObject } | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
    const object: unknown = JSON.parse(text);
    return typeof object === 'object' && object !== null && !Array.isArray(object)
      ? { text, object: object as JsonObject }
      : undefined;
  } catch {
    return undefined;
  }
}

function withoutIndex(damaged: boolean): ArchiveError {
  const entry = 'info/index.json';
  return damaged
    ? new ArchiveError('info_json_invalid', `${entry} is no JSON object in UTF-8. Build the package again.`, {
        entry,
        wanted: 'a JSON object',
        found: 'other text',
      })
    : new ArchiveError('missing_index_json', `The package has no file ${entry}. Build it again.`, {
        entry,
        wanted: entry,
        found: 'nothing',
      });
}
