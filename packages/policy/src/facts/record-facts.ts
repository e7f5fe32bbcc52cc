import { type PackageType, packageTypeOf } from '@sluice/formats/package';
import type { FactsRow } from './builder.ts';
import { condaFactsRow } from './conda-row.ts';
import { fileFactsRow } from './file-row.ts';
import { pythonFactsRow } from './python-row.ts';
import { rFactsRow } from './r-row.ts';
import type { ListedWith } from './text-hash.ts';

type RowOf = (file: string, body: Uint8Array, fromRev: number, listed?: ListedWith) => FactsRow;

const rows: Record<PackageType, RowOf> = {
  conda: condaFactsRow,
  python: pythonFactsRow,
  r: rFactsRow,
  file: fileFactsRow,
};

/**
 * How the facts of a part's files are read from their records.
 *
 * @returns a function that throws {@link FormatError} for a record that is not about the file it stands under.
 */
export function factsRowOf(part: string): RowOf {
  return rows[packageTypeOf(part)];
}
