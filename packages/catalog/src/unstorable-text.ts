/** `character_not_in_repertoire`, `untranslatable_character` (in JSON). */
const states: ReadonlySet<unknown> = new Set(['22021', '22P05']);

/** Whether a query failed since a text in it holds U+0000, which PostgreSQL keeps in no text: what it was given is wrong, not the query. */
export function isUnstorableText(error: unknown): boolean {
  return error instanceof Error && states.has((error as { code?: unknown }).code);
}
