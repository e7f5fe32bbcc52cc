import { type LayerState, type VersionKey, vanishedRecords } from '@sluice/catalog';
import type { NeededDeps } from '../needed-files.ts';
import { planLayer } from '../plan-layer.ts';

/**
 * The files that a layer showed at its revision and that its source has no more at a later one: only what its rules let through,
 * as they are now.
 */
export async function vanishedFiles(deps: NeededDeps, before: LayerState, upTo: number): Promise<VersionKey[]> {
  if (before.revision === 0) return [];
  const gone = await vanishedRecords(deps.db, { source_id: before.sourceId, after: before.revision, upTo });
  if (gone.length === 0) return [];
  const wanted = Map.groupBy(gone, ({ subdir }) => subdir);
  const shown: VersionKey[] = [];
  for await (const part of planLayer(deps, before)) {
    const here = new Map(wanted.get(part.subdir)?.map((version) => [version.file, version]));
    if (here.size === 0) continue;
    part.eachName((bytes, begin, end) => {
      const version = here.get(Buffer.from(bytes.buffer, bytes.byteOffset + begin, end - begin).toString());
      if (version) shown.push(version);
    });
  }
  return shown;
}
