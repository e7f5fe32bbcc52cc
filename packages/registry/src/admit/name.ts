import {
  closeRecords,
  copyIn,
  findPart,
  findSourceName,
  liveRecordsBetween,
  type NewSourceName,
  type Part,
  type PartOrigin,
  type RecordVersion,
  type RefusedRecord,
  type Session,
  savePart,
  saveRefusedBetween,
  saveSourceName,
  sourceRevision,
  withLock,
} from '@sluice/catalog';
import { FormatError } from '@sluice/formats/errors';
import { fileRange, packageTypeOf } from '@sluice/formats/package';
import { factsRowOf, type ListedWith } from '@sluice/policy';
import type { AdmitDeps, Guard } from './deps.ts';
import { noteRevision } from './note-revision.ts';

/** A file as an upstream lists it now: its key, its text, and what was read beside it. */
export interface ListedRecord {
  file: string;
  body: Uint8Array;
  extra: Uint8Array | null;
  /** Why it is no record of its file, null when it is one, of who has read it already; left out, it is read here. */
  refusal?: string | null;
}

/** What became of the name's files, and the source revision that now holds. */
export interface NameRefresh {
  revision: number;
  changed: boolean;
  added: number;
  updated: number;
  removed: number;
  refused: number;
}

/**
 * What an upstream lists under one name becomes the new state of that name; all other names of the part stay as they are.
 *
 * One transaction, serialised per source, that reads and writes this name's records only, however large the source is. Records
 * that are not about their file are left out and noted with the reason. Nothing changed: no new revision, only what was noted of
 * the answer moves.
 *
 * @param input.guard runs last in the transaction, when the source is at its new revision.
 */
export async function admitName(
  deps: AdmitDeps,
  input: {
    part: Part;
    name: string;
    listed: readonly ListedRecord[];
    /** What the upstream answered, but for the revision, which is found here. */
    answer: Omit<NewSourceName, 'revision'>;
    origin: PartOrigin;
    guard?: Guard | undefined;
  },
): Promise<NameRefresh> {
  return withLock(deps.pool, 'source', input.part.source_id, ({ client, db }) =>
    db.transaction().execute(async (trx) => {
      const session = { client, db: trx };
      const { part, name } = input;
      const current = await sourceRevision(trx, part.source_id);
      const range = fileRange(packageTypeOf(part.subdir), name);
      const live = await liveRecordsBetween(trx, part, range);
      const difference = nameDifference(part.subdir, live, input.listed, current + 1);
      const { fresh, ended, refused } = difference;
      const changed = fresh.length + ended.length > 0;
      const revision = changed ? current + 1 : current;
      await copyRecords(session, part, revision, fresh);
      await closeRecords(trx, part, ended, revision);
      await saveRefusedBetween(trx, part, range, refused);
      const [known, asked] = [await findPart(trx, part), await findSourceName(trx, { ...part, name })];
      const records = (known?.records ?? 0) + difference.added - difference.removed;
      await savePart(trx, part, { ...input.origin, records }, changed ? revision : undefined, deps.now());
      if (changed) {
        const isEnded = new Set(ended);
        const begun = fresh.map((record) => ({ ...record, v3: false }));
        const change = { subdir: part.subdir, begun, ended: live.filter(({ file }) => isEnded.has(file)) };
        const at = { source_id: part.source_id, revision, at: deps.now() };
        await noteRevision(trx, at, deps.by ?? { cause: 'ask' }, [change]);
      }
      const since = changed ? revision : (asked?.revision ?? 0);
      await saveSourceName(trx, { ...part, name }, { ...input.answer, revision: since });
      await input.guard?.(trx);
      const { added, updated, removed } = difference;
      return { revision, changed, added, updated, removed, refused: refused.length };
    }),
  );
}

interface NameDifference {
  /** Records to write, and files whose live version ends. */
  fresh: ListedRecord[];
  ended: string[];
  refused: RefusedRecord[];
  added: number;
  updated: number;
  removed: number;
}

function nameDifference(
  subdir: string,
  live: readonly RecordVersion[],
  listed: readonly ListedRecord[],
  revision: number,
): NameDifference {
  const factsRow = factsRowOf(subdir);
  const before = new Map(live.map((record) => [record.file, record]));
  const seen = new Set<string>();
  const difference: NameDifference = { fresh: [], ended: [], refused: [], added: 0, updated: 0, removed: 0 };
  for (const record of listed) {
    const { file } = record;
    if (seen.has(file)) {
      difference.refused.push({ file, reason: `The page lists ${file} twice; the first counts.` });
      continue;
    }
    const known = before.get(file);
    if (known && isSame(known, record)) {
      seen.add(file);
      continue;
    }
    const { refusal = refusalOf(() => factsRow(file, record.body, revision, record satisfies ListedWith)) } = record;
    if (refusal !== null) {
      difference.refused.push({ file, reason: refusal });
      continue;
    }
    seen.add(file);
    difference.fresh.push(record);
    if (known) difference.ended.push(file);
    difference[known ? 'updated' : 'added']++;
  }
  for (const file of before.keys()) {
    if (seen.has(file)) continue;
    difference.ended.push(file);
    difference.removed++;
  }
  return difference;
}

function refusalOf(read: () => unknown): string | null {
  try {
    read();
    return null;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return error.message;
  }
}

function isSame(known: RecordVersion, { body, extra }: ListedRecord): boolean {
  if (Buffer.compare(known.body, body) !== 0) return false;
  if (known.extra === null || extra === null) return known.extra === extra;
  return Buffer.compare(known.extra, extra) === 0;
}

async function copyRecords(
  { client }: Session,
  part: Part,
  revision: number,
  fresh: NameDifference['fresh'],
): Promise<void> {
  if (fresh.length === 0) return;
  const copy = copyIn(
    client,
    'copy record (source_id, subdir, file, from_rev, to_rev, body, v3, extra) from stdin (format binary)',
    ['int4', 'text', 'text', 'int4', 'int4', 'bytea', 'bool', 'bytea'],
  );
  try {
    for (const { file, body, extra } of fresh) {
      if (!copy.row([part.source_id, part.subdir, file, revision, null, body, false, extra])) await copy.drain();
    }
  } catch (error) {
    await copy.abort();
    throw error;
  }
  await copy.end();
}
