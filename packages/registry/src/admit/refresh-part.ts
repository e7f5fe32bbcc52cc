import {
  closeRecords,
  copyIn,
  type Part,
  type PartOrigin,
  type RefusedRecord,
  type Session,
  savePart,
  saveRefusedRecords,
  sourceRevision,
  withLock,
} from '@sluice/catalog';
import { FormatError } from '@sluice/formats/errors';
import { condaFactsRow, type Facts, type FactsBuilder, factsBuilder, recordHash, rowIndex } from '@sluice/policy';
import { RegistryError } from '../errors.ts';
import type { AdmitDeps, Guard } from './deps.ts';
import { sourceFacts, storeFacts } from './source-facts.ts';

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

/** Takes one record; `body` may be reused by the caller afterwards. */
export type TakeRecord = (file: string, body: Uint8Array) => void;

export interface PartInput {
  sourceId: number;
  subdir: string;
  /** Hands every record of the part to `take`, and waits for `drained` now and then. */
  feed: (take: TakeRecord, drained: () => Promise<void>) => Promise<void>;
  /** Asked after the last record: where the state came from. */
  origin: () => PartOrigin;
  guard?: Guard | undefined;
}

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
  const { client, db } = session;
  const part: Part = { source_id: input.sourceId, subdir: input.subdir };
  const current = await sourceRevision(db, input.sourceId);
  const revision = current + 1;
  const previous = await sourceFacts({ ...deps, db }, part, current);
  const difference = compare(previous, input.subdir, revision);
  const copy = copyIn(
    client,
    'copy record (source_id, subdir, file, from_rev, to_rev, body) from stdin (format binary)',
    ['int4', 'text', 'text', 'int4', 'int4', 'bytea'],
  );
  try {
    await input.feed(
      (file, body) => {
        if (difference.take(file, body)) copy.row([input.sourceId, input.subdir, file, revision, null, body]);
      },
      () => copy.drain(),
    );
  } catch (error) {
    await copy.abort();
    throw error;
  }
  await copy.end().catch((error) => {
    throw duplicate(error) ?? error;
  });
  const result = difference.result();
  await saveRefusedRecords(db, part, difference.refused);
  if (!result.changed) {
    await savePart(db, part, { ...input.origin(), records: result.records }, undefined, deps.now());
    await input.guard?.(db);
    return { ...result, revision: current };
  }
  await closeRecords(db, part, difference.ended(), revision);
  await storeFacts({ ...deps, db }, part, revision, difference.facts());
  await savePart(db, part, { ...input.origin(), records: result.records }, revision, deps.now());
  await input.guard?.(db);
  return { ...result, revision };
}

interface Difference {
  /** Take the next record; true when its text must be written. */
  take(file: string, body: Uint8Array): boolean;
  readonly refused: readonly RefusedRecord[];
  result(): Omit<PartRefresh, 'revision'>;
  /** Files whose live version ends: changed or gone. */
  ended(): string[];
  facts(): Facts;
}

/** Compare a stream of records with the facts of the state before; memory holds columns, never texts. */
function compare(previous: Facts | undefined, subdir: string, revision: number): Difference {
  const before = previous && indexed(previous);
  const seen = new Uint8Array(previous?.count ?? 0);
  const next: FactsBuilder = factsBuilder('conda', subdir);
  const changed: string[] = [];
  const refused: RefusedRecord[] = [];
  let added = 0;

  function take(file: string, body: Uint8Array): boolean {
    const row = before ? before.find(file) : -1;
    if (row < 0) {
      if (!add(file, body)) return false;
      added++;
      return true;
    }
    if (seen[row]) throw duplicateFile(file);
    seen[row] = 1;
    const [a, b] = recordHash(file, body);
    const facts = previous as Facts;
    if (
      facts.recordHash[row * 2] === a &&
      facts.recordHash[row * 2 + 1] === b &&
      facts.length[row] === body.byteLength
    ) {
      next.addFrom(facts, row);
      return false;
    }
    changed.push(file);
    return add(file, body);
  }

  function add(file: string, body: Uint8Array): boolean {
    try {
      next.add(condaFactsRow(file, body, revision));
      return true;
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      refused.push({ file, reason: error.message });
      return false;
    }
  }

  function gone(): string[] {
    const files: string[] = [];
    seen.forEach((was, row) => {
      if (!was) files.push((previous as Facts).file(row));
    });
    return files;
  }

  return {
    take,
    refused,
    ended: () => [...changed, ...gone()],
    facts: () => next.build(),
    result() {
      const removed = seen.reduce((count, was) => count + (was ? 0 : 1), 0);
      return {
        changed: !previous || added + changed.length + removed > 0,
        records: next.count,
        added,
        updated: changed.length,
        removed,
        refused: refused.length,
      };
    },
  };
}

function indexed(facts: Facts) {
  const index = rowIndex(facts.file, facts.count);
  for (let row = 0; row < facts.count; row++) index.add(facts.file(row), row);
  return index;
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

function duplicateFile(file = 'a file'): RegistryError {
  return new RegistryError('index_duplicate_file', `The index lists ${file} twice; it was refused as a whole.`, {
    wanted: 'each file once',
    found: file,
  });
}
