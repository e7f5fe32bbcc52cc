import {
  closeRecords,
  copyIn,
  type Db,
  findFacts,
  gatherRecordStatistics,
  inheritRecordDigests,
  insertRevision,
  liveShards,
  type Part,
  type PartOrigin,
  refusedRecords,
  replaceShards,
  type Session,
  type SourceShardRow,
  savePart,
  saveRefusedRecords,
  sourceRevision,
  withLock,
} from '@sluice/catalog';
import type { ListedWith } from '@sluice/policy';
import type { RegistryError } from '../errors.ts';
import type { AdmitDeps, Guard } from './deps.ts';
import { duplicateFile, type PartDifference, partDifference, type TakenRecord } from './part-difference.ts';
import { noteFacts, packFacts, sourceFacts } from './source-facts.ts';
import { together } from './together.ts';

/** What a refresh found, and the source revision that now holds. `refused`: records left out, since they are none of their files. */
export interface PartRefresh {
  revision: number;
  changed: boolean;
  records: number;
  added: number;
  updated: number;
  removed: number;
  refused: number;
}

/** Takes what an index lists. Bytes may be reused by the caller afterwards. */
export interface PartFeed extends Pick<PartDifference, 'gone' | 'refuse' | 'renew' | 'takeExpected'> {
  /** Whether any record of the state before was signed. */
  readonly wereSigned: boolean;
  take(file: string, body: Uint8Array, listed?: ListedWith): TakenRecord;
  /** Wait for this now and then, or memory grows. */
  drained(): Promise<void>;
}

/** The upstream's own shards as they are after a refresh: names whose shard ended, and those that begin. */
export interface ShardChanges {
  ended: readonly string[];
  begun: readonly SourceShardRow[];
}

export interface PartInput {
  sourceId: number;
  subdir: string;
  /** What becomes of files that the feed does not speak of. */
  rest: 'gone' | 'kept';
  /** About how many records will come, if that is known. */
  expected?: number | undefined;
  feed: (to: PartFeed) => Promise<void>;
  /** Asked after the last record: where the state came from. */
  origin: () => PartOrigin;
  /** Asked after the last record, for an upstream that has shards. */
  shards?: (() => ShardChanges) | undefined;
  guard?: Guard | undefined;
}

/** Below so many changed records no columns are written: whoever reads them adds what changed since the last ones. */
const fewChanges = 1000;
/** And not more often than so many revisions apart. */
const mostRevisions = 16;
/** From so many changed records on, the database's own statistics are gathered at once rather than some time later. */
const manyChanges = 10_000;

/**
 * Make a stream of records the new state of one part of a source, writing only the difference.
 *
 * One transaction, serialised per source: versions that changed or came are copied in, versions that changed or went are
 * ended, the facts columns of the new revision become a blob. Nothing changed: no new revision, only the validators move.
 * What is no record of its file is left out and noted with the reason, so that a run can count it as failed.
 *
 * @throws {RegistryError} `index_duplicate_file` when one name comes twice. Whatever `feed` and `guard` throw.
 */
export async function refreshPart(deps: AdmitDeps, input: PartInput): Promise<PartRefresh> {
  return withLock(deps.pool, 'source', input.sourceId, (session) =>
    session.db.transaction().execute((trx) => refresh(deps, { client: session.client, db: trx }, input)),
  );
}

async function refresh(deps: AdmitDeps, session: Session, input: PartInput): Promise<PartRefresh> {
  const { db } = session;
  const part: Part = { source_id: input.sourceId, subdir: input.subdir };
  const current = await sourceRevision(db, input.sourceId);
  const revision = current + 1;
  const previous = await sourceFacts({ ...deps, db }, part, current);
  const { subdir, rest, expected = 63 } = input;
  const difference = partDifference(previous, { subdir, revision, rest, expected });
  const wereSigned = previous?.signed.includes(1) ?? false;
  await copyRecords(session, input, { revision, difference, wereSigned });
  const shards = input.shards?.();
  const left = shards ? 0 : (await liveShards(db, part)).size;
  const counts = difference.counts();
  const changes = counts.added + counts.updated + counts.removed;
  const changed = !previous || changes + left + (shards?.ended.length ?? 0) + (shards?.begun.length ?? 0) > 0;
  const stored = await findFacts(db, part, revision);
  const isDue = !stored || changes >= fewChanges || (changes > 0 && revision - stored.revision >= mostRevisions);
  const facts = changed && isDue ? difference.facts() : undefined;
  if (facts) deps.hold?.(facts);
  const work = async () => {
    await noteRefused(session, part, input, difference);
    if (changes >= manyChanges) await gatherRecordStatistics(db);
    if (changed) await writeRevision(deps, db, part, { revision, difference, shards });
  };
  // The columns are packed while the database works.
  const [packed] = await together(facts && packFacts(deps, facts), work());
  if (packed) await noteFacts({ ...deps, db }, part, revision, packed);
  const state = { ...input.origin(), records: counts.records };
  await savePart(db, part, state, changed ? revision : undefined, deps.now());
  await input.guard?.(db);
  return { ...counts, changed, refused: difference.refused.length, revision: changed ? revision : current };
}

interface NewRevision {
  revision: number;
  difference: PartDifference;
  shards: ShardChanges | undefined;
}

/** Write down, beside the records that came, what makes the new revision. */
async function writeRevision(
  deps: AdmitDeps,
  db: Db,
  part: Part,
  { revision, difference, shards }: NewRevision,
): Promise<void> {
  const { added, updated, removed } = difference.counts();
  await closeRecords(db, part, difference.ended(), revision);
  if (updated > 0) await inheritRecordDigests(db, part, revision);
  await replaceShards(db, part, revision, shards ?? { ended: 'all', begun: [] });
  const change = { added, changed: updated, removed, sha256: difference.digest() };
  const at = { source_id: part.source_id, revision, at: deps.now() };
  await insertRevision(db, at, deps.by ?? { cause: 'run' }, change);
}

async function copyRecords(
  { client }: Session,
  input: PartInput,
  { revision, difference, wereSigned }: { revision: number; difference: PartDifference; wereSigned: boolean },
): Promise<void> {
  const copy = copyIn(
    client,
    'copy record (source_id, subdir, file, from_rev, to_rev, body, v3, extra, signatures) from stdin (format binary)',
    ['int4', 'text', 'text', 'int4', 'int4', 'bytea', 'bool', 'bytea', 'bytea'],
  );
  try {
    await input.feed({
      wereSigned,
      take(file, body, listed) {
        const taken = difference.take(file, body, listed);
        if (taken.isNew) {
          const { extra = null, signatures = null } = listed ?? {};
          copy.row([input.sourceId, input.subdir, file, revision, null, body, taken.v3, extra, signatures]);
        }
        return taken;
      },
      takeExpected: difference.takeExpected,
      refuse: difference.refuse,
      gone: difference.gone,
      renew: difference.renew,
      drained: () => copy.drain(),
    });
  } catch (error) {
    await copy.abort();
    throw error;
  }
  await copy.end().catch((error) => {
    throw duplicate(error) ?? error;
  });
}

async function noteRefused({ db }: Session, part: Part, { rest }: PartInput, now: PartDifference): Promise<void> {
  const before = rest === 'gone' ? [] : await refusedRecords(db, part);
  await saveRefusedRecords(db, part, [...before.filter(({ file }) => !now.isTouched(file)), ...now.refused]);
}

const uniqueViolation = '23505';

function duplicate(error: unknown): RegistryError | undefined {
  if ((error as { code?: string }).code !== uniqueViolation) return undefined;
  return duplicateFile(
    /\(source_id, subdir, file, from_rev\)=\(\d+, [^,]+, (.+), \d+\)/.exec(
      String((error as { detail?: string }).detail),
    )?.[1],
  );
}
