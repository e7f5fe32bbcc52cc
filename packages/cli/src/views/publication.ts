import type { Schemas } from '@sluice/api-client';
import { instant } from './amounts.ts';
import { fields } from './table.ts';
import type { View } from './view.ts';

type Publication = Schemas['Publication'];

const monolithStates: Record<Publication['monolith'], string> = {
  written: 'written',
  pending: 'being written',
  on_demand: 'written when first asked for',
};

/** Everything about a publication. */
export function publicationView(publication: Publication, view: View): string {
  const { number, created, cause, actor, added, removed, files, packages, pins, is_head, monolith } = publication;
  return fields(
    [
      ['publication', `${number}${is_head ? ' (shown now)' : ''}`],
      ['created', created],
      ['cause', cause],
      ['by', actor],
      ['added', added],
      ['removed', removed],
      ['packages', packages],
      ['files', files],
      ['pins', pins.join(', ')],
      ['repodata.json', monolithStates[monolith]],
    ],
    view,
  );
}

/** Its names, and whether it is what clients are shown, in one cell. */
export function publicationMarks({ pins, is_head }: Publication): string {
  return [...(is_head ? ['(head)'] : []), ...pins].join(', ');
}

/** When it was made, as a ref that finds it. */
export function publishedAt({ created }: Publication): string {
  return `${instant(created).slice(0, -1)}${created.slice(16, 19)}Z`;
}
