import {
  type CompanionKind,
  findOrCreateSource,
  keepBlobs,
  localDigests,
  saveBundleBlobs,
  shareBlobs,
  shownRevision,
  sourceParts,
} from '@sluice/catalog';
import { type RecordLine, readContentsLine } from '@sluice/formats/bundle';
import { sha256ToBytes } from '@sluice/formats/digest';
import { admitBundledRecords, type BundledRecord } from '@sluice/registry';
import { MirrorError } from '../../errors.ts';
import { isRecord, recordGroups } from './record-groups.ts';
import { isSecond } from './turn.ts';
import type { InWork } from './work.ts';
import { linesAt, partKey } from './write-state.ts';

/** Records whose bytes are looked for at once. */
const portion = 2000;

/**
 * Third stage: the records become the next revision of each channel's source of this series, part by part. Nobody shows it yet.
 * Two imports of one series write to the same sources, so the earlier one goes first; where another has written meanwhile, also one
 * that was resumed, all is compared anew.
 *
 * @returns `later` while an earlier bundle of the series is at this.
 * @throws {MirrorError} `bundle_base_missing` when the bytes of a file are neither here nor in the bundle.
 */
export async function takeRecords(work: InWork): Promise<boolean | 'later'> {
  const { place } = work;
  place.channels ??= await channelSources(work);
  const sources = new Map(place.channels.map((channel) => [channel.path, channel]));
  const listed = new Set<string>();
  for await (const { channel, part, records } of recordGroups(linesAt(work, 'listing'))) {
    const key = partKey(channel, part);
    listed.add(key);
    const source = sources.get(channel)!;
    if (isPast(place.after, [channel, part])) continue;
    if (place.touched && !place.touched.includes(key) && source.at_rest) continue;
    if (work.isLate()) return false;
    if (await isSecond(work.deps.db, work.row)) return 'later';
    if (!(await admit(work, source, part, bundled(work, records)))) return beginAnew(work);
    place.after = [channel, part];
    await work.save();
  }
  for (const source of place.channels) {
    for (const { subdir, records } of await sourceParts(work.deps.db, source.source_id)) {
      if (records === 0 || listed.has(partKey(source.path, subdir))) continue;
      if (!(await admit(work, source, subdir, none()))) return beginAnew(work);
    }
  }
  return true;
}

type Source = NonNullable<InWork['place']['channels']>[number];

/** @returns false when somebody else has written to the source since this import last did. */
async function admit(
  work: InWork,
  source: Source,
  subdir: string,
  records: AsyncIterable<BundledRecord>,
): Promise<boolean> {
  const { deps, report, row } = work;
  const part = { source_id: source.source_id, subdir };
  const by = { cause: 'bundle', actor: row.actor } as const;
  const done = await admitBundledRecords({ ...deps, by }, { part, records, guard: work.guard });
  if (done.revision - (done.changed ? 1 : 0) !== source.revision) return false;
  source.revision = done.revision;
  report.files += done.records;
  report.added += done.added;
  report.changed += done.updated;
  report.removed += done.removed;
  return true;
}

/** What was written is still right, or is put right: every part is compared with what the source has now. */
async function beginAnew(work: InWork): Promise<boolean> {
  const { place, report } = work;
  place.channels = (await channelSources(work)).map((source) => ({ ...source, at_rest: false }));
  delete place.after;
  report.files = 0;
  return false;
}

/** A source for each channel that the bundle has, or that its base had. */
async function channelSources(work: InWork): Promise<Source[]> {
  const { deps, row } = work;
  const paths = new Set<string>();
  for (const which of ['base', 'listing'] as const) {
    for await (const text of linesAt(work, which)) {
      if (isRecord(text)) break;
      const line = readContentsLine(text);
      if (line.kind === 'channel') paths.add(line.path);
    }
  }
  const sources: Source[] = [];
  for (const path of [...paths].sort()) {
    const url = `bundle:${row.issuer}/${row.series}/${path}`;
    const key = { type: 'bundle', url, proxy: null, credential: null, credential_key: null, ca: null, ca_key: null };
    const { id, revision } = await findOrCreateSource(deps.db, key, deps.now());
    sources.push({ path, source_id: id, revision, at_rest: (await shownRevision(deps.db, id)) === revision });
  }
  return sources;
}

/** The records with their bytes looked for: all must be here, and are kept for the bundle. */
async function* bundled(work: InWork, records: AsyncIterable<RecordLine>): AsyncGenerator<BundledRecord> {
  let held: RecordLine[] = [];
  for await (const record of records) {
    if (held.push(record) < portion) continue;
    yield* await present(work, held);
    held = [];
    await work.tick();
  }
  yield* await present(work, held);
}

async function present({ deps, row }: InWork, lines: readonly RecordLine[]): Promise<BundledRecord[]> {
  const hexes = new Set(lines.flatMap(({ sha256, companions }) => [sha256, ...companions.map((one) => one.sha256)]));
  const digests = [...hexes].map((hex) => sha256ToBytes(hex as never));
  await deps.db.transaction().execute(async (trx) => {
    await shareBlobs(trx);
    await keepBlobs(trx, digests);
    const local = await localDigests(trx, digests);
    const missing = lines.find(({ sha256, companions }) =>
      [sha256, ...companions.map((one) => one.sha256)].some((hex) => !local.has(hex)),
    );
    if (missing) throw bytesMissing(missing);
    await saveBundleBlobs(
      trx,
      row.id,
      digests.map((blob) => ({ blob, member: '', part: null, position: null })),
    );
  });
  return lines.map(({ file, body, extra, v3, signatures, sha256, companions }) => ({
    file,
    body: Buffer.from(body),
    listed: {
      v3,
      extra: extra === null ? null : Buffer.from(extra),
      signatures: signatures === null ? null : Buffer.from(signatures),
    },
    sha256: sha256ToBytes(sha256 as never),
    companions: companions.map((one) => ({
      kind: one.kind as CompanionKind,
      sha256: sha256ToBytes(one.sha256 as never),
    })),
  }));
}

function isPast(after: [string, string] | undefined, [channel, part]: [string, string]): boolean {
  if (!after) return false;
  const order = Buffer.compare(Buffer.from(channel), Buffer.from(after[0]));
  return order < 0 || (order === 0 && Buffer.compare(Buffer.from(part), Buffer.from(after[1])) <= 0);
}

async function* none(): AsyncGenerator<BundledRecord> {}

function bytesMissing({ file, sha256 }: RecordLine): MirrorError {
  return new MirrorError(
    'bundle_base_missing',
    `The bytes of ${file} are neither in this bundle nor here, where it supposes them. Have a full bundle made.`,
    { wanted: sha256, found: 'nothing' },
  );
}
