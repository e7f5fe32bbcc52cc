import {
  type Db,
  findEntry,
  findRecords,
  type PublicationInput,
  type PublicationRow,
  partsHaving,
} from '@sluice/catalog';
import { fileRange, type PackageType, packageTypeOf } from '@sluice/formats/package';
import type { BlobStore } from '@sluice/storage';
import { belowName } from './layers.ts';
import { readShard } from './read-shard.ts';

/** Whether a publication shows a package name from a layer above the one that a file comes from. */
type IsNameAbove = (layer: string, file: { subdir: string; name: string }) => Promise<boolean>;

/**
 * Which package names a publication shows from layers above others of it, in any part of the type. Where names hide, it then shows
 * nothing of them from the lower ones. Looks at each name once.
 *
 * @returns asks by the layer of an input of the publication.
 */
export function namesShownAbove(
  deps: { db: Db; storage: BlobStore },
  channelId: number,
  publication: PublicationRow,
): IsNameAbove {
  const known = new Map<string, Promise<boolean>>();
  return (layer, { subdir, name }) => {
    const type = packageTypeOf(subdir);
    const key = `${layer} ${type} ${name}`;
    const answer = known.get(key) ?? isShownAbove(deps, channelId, publication, { layer, type, name });
    known.set(key, answer);
    return answer;
  };
}

async function isShownAbove(
  { db, storage }: { db: Db; storage: BlobStore },
  channelId: number,
  { no, inputs }: PublicationRow,
  { layer, type, name }: { layer: string; type: PackageType; name: string },
): Promise<boolean> {
  for (const { source_id, revision } of inputsAbove(inputs, layer)) {
    // Longer names may lie in the range, too, so what is listed says whether it is this one.
    for (const part of await partsHaving(db, { source_id, revision }, fileRange(type, name))) {
      const key = `${part}/${name}`;
      const entry = packageTypeOf(part) === type ? await findEntry(db, channelId, 'shard', key, no) : undefined;
      if (!entry) continue;
      const listed = (await readShard(storage, { ...entry, key })).map(({ file }) => file);
      if ((await findRecords(db, { source_id, subdir: part }, listed, revision)).length > 0) return true;
    }
  }
  return false;
}

/** Those of a tier above. They stand in the order of their tiers. */
function inputsAbove(inputs: readonly PublicationInput[], layer: string): readonly PublicationInput[] {
  const tier = tierOf(layer);
  const first = inputs.findIndex((input) => tierOf(input.layer) === tier);
  return inputs.slice(0, Math.max(first, 0));
}

function tierOf(layer: string): string {
  return layer === 'uploads' || layer.startsWith(belowName('')) ? layer : 'mirrors';
}
