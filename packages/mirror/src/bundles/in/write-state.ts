import { createHash } from 'node:crypto';
import { type Db, findBlob, findBundle, lastImport, openImports, saveBundleBlobs } from '@sluice/catalog';
import { applyDifference, lineKey, readContentsLine } from '@sluice/formats/bundle';
import { bytesToHex, sha256ToBytes } from '@sluice/formats/digest';
import { admitBlob } from '@sluice/registry';
import { MirrorError } from '../../errors.ts';
import { keptLevel, packed } from '../out/pack-lines.ts';
import { storedLines } from '../stored-lines.ts';
import { refuseReplay } from './open-import.ts';
import type { InWork } from './work.ts';

/**
 * Second stage: what the far side has after this bundle, line by line. Its digest must be the state that was signed: then base and
 * bundle fit, and nothing is missing from either.
 *
 * @throws {MirrorError} `bundle_replayed`, `bundle_base_missing`, `bundle_tampered`, `bundle_malformed`.
 */
export async function writeState(work: InWork): Promise<boolean | 'wait'> {
  const { deps, row, place, definition } = work;
  const last = await lastImport(deps.db, { issuer: row.issuer!, series: row.series });
  refuseReplay(row, last);
  if (row.base_serial !== null && last?.serial !== row.base_serial) {
    if (await mayStillCome(work, last?.serial ?? 0)) return 'wait';
    throw otherBase(work, last?.serial);
  }
  const before = row.base_serial === null ? undefined : await findBlob(deps.db, last!.contents!);
  const contents = await findBlob(deps.db, sha256ToBytes(definition.contents as never));
  if (!contents || (row.base_serial !== null && !before)) throw otherBase(work, undefined);
  const touched = new Set<string>();
  async function* noted() {
    for await (const line of storedLines(deps, contents!)) {
      const key = touchedKey(line);
      if (key) touched.add(key);
      yield line;
    }
  }
  const state = createHash('sha256');
  const listing = applyDifference(before ? storedLines(deps, before) : [], noted());
  const blob = await admitBlob(deps, packed(chunks(work, listing, state), keptLevel), async (trx, { sha256 }) => {
    if (state.copy().digest('hex') !== definition.state) throw otherState(work);
    await work.guard(trx);
    await saveBundleBlobs(trx, row.id, [{ blob: sha256, member: 'listing', part: null, position: null }]);
  });
  place.listing = bytesToHex(blob.sha256);
  place.touched = before ? [...touched] : null;
  if (last) place.base = last.id;
  await work.save({ state_sha256: sha256ToBytes(definition.state as never) });
  return true;
}

/** Whether what it builds on is here. */
export async function hasBase(db: Db, { row }: InWork): Promise<boolean> {
  const last = await lastImport(db, { issuer: row.issuer!, series: row.series });
  return (last?.serial ?? 0) >= row.base_serial!;
}

/** Whether what it builds on is on its way: it is asked again when that is in. */
async function mayStillCome({ deps: { db }, row }: InWork, last: number): Promise<boolean> {
  if (last > row.base_serial!) return false;
  const others = await openImports(db, { issuer: row.issuer!, series: row.series });
  return others.some(({ serial }) => serial <= row.base_serial!);
}

/** The lines of the listing that a bundle brings, or of the one it builds on; none where there is no base. */
export async function* linesAt(work: InWork, which: 'listing' | 'base'): AsyncGenerator<string> {
  const { deps, place } = work;
  const digest =
    which === 'listing'
      ? sha256ToBytes(place.listing! as never)
      : place.base && (await findBundle(deps.db, place.base))?.contents;
  const blob = digest ? await findBlob(deps.db, digest) : undefined;
  if (blob) yield* storedLines(deps, blob);
}

/** Channel and part of a line that speaks of a file, as one text. */
function touchedKey(line: string): string | undefined {
  const isRecord = line.startsWith('{"c":');
  if (!isRecord && !line.startsWith('{"gone":"record"')) return undefined;
  const [, channel = '', part = ''] = lineKey(readContentsLine(line)).split('\0');
  return partKey(channel, part);
}

/** Channel and part as one text, which the database takes in JSON: a NUL it would not. */
export function partKey(channel: string, part: string): string {
  return `${channel}\n${part}`;
}

const chunkBytes = 1 << 18;

async function* chunks(work: InWork, lines: AsyncIterable<string>, state: ReturnType<typeof createHash>) {
  let held = '';
  for await (const line of lines) {
    held += `${line}\n`;
    if (held.length < chunkBytes) continue;
    await work.tick();
    yield hashed(held);
    held = '';
  }
  yield hashed(held);

  function hashed(text: string): Buffer {
    const chunk = Buffer.from(text);
    state.update(chunk);
    return chunk;
  }
}

function otherBase({ row }: InWork, found: number | undefined): MirrorError {
  const has = found === undefined ? 'no bundle of this series is here' : `bundle ${found} is the last one here`;
  return new MirrorError(
    'bundle_base_missing',
    `Bundle ${row.serial} of ${row.series} builds on bundle ${row.base_serial}, and ${has}. Bring what lies between, or have a full one made.`,
    { wanted: String(row.base_serial), found: String(found ?? 'none') },
  );
}

function otherState({ row, definition }: InWork): MirrorError {
  const isDelta = row.base_serial !== null;
  const why = isDelta ? 'What is here is not what it builds on: have a full one made.' : 'Do not use it.';
  return new MirrorError(
    isDelta ? 'bundle_base_missing' : 'bundle_tampered',
    `Bundle ${row.serial} of ${row.series} does not give the state that was signed. ${why}`,
    { wanted: definition.state, found: 'another state' },
  );
}
