import { sourceParts } from '@sluice/catalog';
import { type PackageType, packageTypeOf } from '@sluice/formats/package';
import type { PublishDeps } from './deps.ts';
import type { PublishedLayer } from './layers.ts';

/** The parts of one type of package that the sources of layers have, sorted. */
export async function partsOfType(
  { db }: Pick<PublishDeps, 'db'>,
  layers: readonly Pick<PublishedLayer, 'source_id'>[],
  type: PackageType,
): Promise<string[]> {
  const parts = new Set<string>();
  for (const source of new Set(layers.map(({ source_id }) => source_id))) {
    for (const { subdir } of await sourceParts(db, source)) if (packageTypeOf(subdir) === type) parts.add(subdir);
  }
  return [...parts].sort();
}
