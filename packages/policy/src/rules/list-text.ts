/** Most entries that a sentence names. */
const named = 5;

/** A list as a rule's text shows it: as its author wrote it when short, otherwise its beginning and the number of the others. */
export function listText(entries: readonly string[]): string {
  if (entries.length <= named) return entries.join(', ');
  return `${entries.slice(0, named).join(', ')} and ${entries.length - named} more`;
}
