import { type FactsBuilder, factsBuilder } from './builder.ts';
import type { Facts } from './facts.ts';
import { condaFactsRow } from './facts-row.ts';

/** One version of a record as the catalog keeps it; live at revision r: from_rev <= r and (to_rev is null or r < to_rev). */
export interface RecordText {
  file: string;
  from_rev: number;
  to_rev: number | null;
  body: Uint8Array;
  v3: boolean;
  run_exports: Uint8Array | null;
}

/**
 * Add the facts of records.
 *
 * @throws {FormatError} as `condaFactsRow`; what was admitted as a record never does.
 */
export function addRecords(builder: FactsBuilder, records: Iterable<RecordText>): void {
  for (const { file, body, from_rev, v3, run_exports } of records) {
    builder.add(condaFactsRow(file, body, from_rev, { v3, runExports: run_exports }));
  }
}

/**
 * Bring facts to `revision`.
 *
 * @param changes every version that began or ended after the facts' own revision, up to `revision`.
 */
export function changedFacts(base: Facts, changes: readonly RecordText[], revision: number): Facts {
  const touched = new Set(changes.map(({ file }) => file));
  const builder = factsBuilder(base.type, base.subdir);
  for (let i = 0; i < base.count; i++) if (!touched.has(base.file(i))) builder.addFrom(base, i);
  const live = changes.filter(({ to_rev }) => to_rev === null || to_rev > revision);
  addRecords(builder, live);
  return builder.build();
}
