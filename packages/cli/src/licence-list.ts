/**
 * Read a list of licences: `-gpl3` leaves out, `+mit` or `mit` keeps only.
 *
 * @returns the lists that the text names; both, empty, for an empty text, which lifts both.
 * @see product.md MI-03
 */
export function readLicences(items: readonly string[]): { include_licenses?: string[]; exclude_licenses?: string[] } {
  const excluded = items.filter((item) => item.startsWith('-')).map((item) => item.slice(1));
  const included = items.filter((item) => !item.startsWith('-')).map((item) => item.replace(/^\+/, ''));
  if (items.length === 0) return { include_licenses: [], exclude_licenses: [] };
  return {
    ...(included.length > 0 ? { include_licenses: included } : {}),
    ...(excluded.length > 0 ? { exclude_licenses: excluded } : {}),
  };
}
