import { type DcfFields, writeDcf } from './dcf.ts';
import { standardFields } from './packages-paragraph.ts';
import { type RValue, rStrings } from './rds-value.ts';
import { writeRds } from './rds-write.ts';

/** Where a file lies in somebody's tree is not said of it here: ours lie where their names say. */
const places = new Set(['Path', 'File']);

/**
 * The row of a package as an index shows it: without empty fields, and without the place it had in another's tree.
 */
export function packagesRow(fields: DcfFields): DcfFields {
  return new Map([...fields].filter(([name, value]) => value !== '' && !places.has(name)));
}

/**
 * The text of PACKAGES, paragraphs in the order given. No rows give an empty text, which every client takes for a
 * repository without packages.
 *
 * @see R Installation and Administration, "Setting up a package repository"
 */
export function writePackages(rows: readonly DcfFields[]): string {
  return rows.map((row) => writeDcf(row)).join('\n');
}

/**
 * The bytes of PACKAGES.rds before compression: the character matrix that reading PACKAGES gives, a column a field, NA
 * where a package has it not. Standard fields come first, others follow by name.
 *
 * @see R's `tools::write_PACKAGES`, `utils::available.packages`
 */
export function writePackagesRds(rows: readonly DcfFields[]): Uint8Array {
  const others = new Set(rows.flatMap((row) => [...row.keys()]));
  for (const name of standardFields) others.delete(name);
  const columns = [...standardFields, ...[...others].sort()];
  const cells = columns.flatMap((column) => rows.map((row) => row.get(column)));
  const names = rows.map((row) => row.get('Package') ?? '');
  const matrix: RValue = {
    ...rStrings(cells),
    attributes: [
      ['dim', { type: 'integer', values: [rows.length, columns.length] }],
      ['dimnames', { type: 'list', values: [rStrings(names), rStrings(columns)] }],
    ],
  };
  return writeRds(matrix);
}
