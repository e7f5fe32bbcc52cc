import { type FactsBuilder, factsBuilder } from './builder.ts';
import type { Facts } from './facts.ts';
import { fileRowsOf } from './file-rows.ts';
import { mergedFacts } from './merged-facts.ts';
import { factsRowOf } from './record-facts.ts';

/** One version of a record as the catalog keeps it; live at revision r: from_rev <= r and (to_rev is null or r < to_rev). */
export interface RecordText {
  file: string;
  from_rev: number;
  to_rev: number | null;
  body: Uint8Array;
  v3: boolean;
  extra: Uint8Array | null;
  signatures: Uint8Array | null;
}

/**
 * Add the facts of records.
 *
 * @throws {FormatError} as {@link factsRowOf}; what was admitted as a record never does.
 */
export function addRecords(builder: FactsBuilder, records: Iterable<RecordText>): void {
  const rowOf = factsRowOf(builder.subdir);
  for (const { file, body, from_rev, v3, extra, signatures } of records) {
    builder.add(rowOf(file, body, from_rev, { v3, extra, signatures }));
  }
}

/**
 * Bring facts to `revision`.
 *
 * @param changes every version that began or ended after the facts' own revision, up to `revision`.
 */
export function changedFacts(base: Facts, changes: readonly RecordText[], revision: number): Facts {
  const added = factsBuilder(base.subdir);
  addRecords(
    added,
    changes.filter(({ to_rev }) => to_rev === null || to_rev > revision),
  );
  const touched = new Set(changes.map(({ file }) => file));
  return replacedFacts(base, touched, added.build());
}

/** Facts without these files, as far as they have them, and with others. */
export function replacedFacts(base: Facts, files: Iterable<string>, added: Facts): Facts {
  const rowOf = fileRowsOf(base);
  const kept = new Uint8Array(base.count).fill(1);
  for (const file of files) if (rowOf(file) >= 0) kept[rowOf(file)] = 0;
  return mergedFacts(base, kept, added);
}
