import { factsBuilder } from './builder.ts';
import type { Facts } from './facts.ts';
import { addRecords, changedFacts, type RecordText } from './facts-of-records.ts';
import { sharedFacts } from './shared-facts.ts';

/** What the facts of one part at one revision are made of. Whoever keeps it reads it, as far as it is asked for. */
export interface FactsSources {
  subdir: string;
  revision: number;
  /** The newest columns that were written down, of this revision or one before; undefined where there are none. */
  written: WrittenColumns | undefined;
  /** The last revision that changed the part, maybe a later one; undefined where that is not known. */
  lastChange: number | undefined;
  /** Every version of a record that began or ended after `from`, up to the revision. */
  changes(from: number): Promise<readonly RecordText[]>;
  /** What is live at the revision. */
  records(): AsyncIterable<readonly RecordText[]>;
}

/** Columns as a blob. */
export interface WrittenColumns {
  /** The digest of the blob. */
  key: string;
  revision: number;
  /** Undefined when it is damaged, or of another format. */
  read(): Promise<Facts | undefined>;
}

/** Facts, and how far they are from what is written down. */
export interface FactsAt {
  facts: Facts;
  /** Versions that began or ended since; 'all' where nothing is written down, or what is has another format. */
  unwritten: number | 'all';
}

/** The facts of a part at a revision: the columns that were written down and what changed since, else what the records say. */
export async function factsAt(sources: FactsSources): Promise<FactsAt> {
  const { written, revision, lastChange } = sources;
  const base = written && (await sharedFacts(written.key, written.read));
  if (!base) return { facts: await factsOfRecords(sources), unwritten: 'all' };
  if (lastChange !== undefined && Math.min(lastChange, revision) <= written.revision) {
    return { facts: base, unwritten: 0 };
  }
  const changes = await sources.changes(written.revision);
  const facts = changes.length === 0 ? base : changedFacts(base, changes, revision);
  return { facts, unwritten: changes.length };
}

/** The facts of a part as its records say them, whatever was written down. */
export async function factsOfRecords({ subdir, records }: Pick<FactsSources, 'subdir' | 'records'>): Promise<Facts> {
  const builder = factsBuilder(subdir);
  for await (const page of records()) addRecords(builder, page);
  return builder.build();
}
