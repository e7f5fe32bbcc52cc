import type { PublicationCause } from '@sluice/catalog';

/** Causes that are named one by one. */
const mostNamed = 3;

/** What a publication says of why and by whom it was made, of all that asked for it. */
export function joinCauses(causes: readonly PublicationCause[]): { cause: string; actor: string | null } {
  const texts = [...new Set(causes.map(({ text }) => text))];
  const actors = [...new Set(causes.flatMap(({ actor }) => actor ?? []))];
  return { cause: joined(texts) ?? 'change', actor: joined(actors) ?? null };
}

function joined(texts: readonly string[]): string | undefined {
  if (texts.length === 0) return undefined;
  const more = texts.length - mostNamed;
  return texts.slice(0, mostNamed).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
