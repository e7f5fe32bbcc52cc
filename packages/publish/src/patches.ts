import { type Db, patchesInForce, readPatch } from '@sluice/catalog';
import { type JsonObject, type PatchInstructions, viewPatchInstructions } from '@sluice/formats/conda';

/** The patches of a channel for one subdir that were in force at patch revision `rev`; undefined when there were none. */
export async function patchesOf(
  db: Db,
  channelId: number,
  subdir: string,
  rev: number,
): Promise<PatchInstructions | undefined> {
  const row = (await patchesInForce(db, channelId, rev)).find((patch) => patch.subdir === subdir);
  const document = row && (await readPatch(db, { channel_id: channelId, subdir, from_rev: row.from_rev }));
  return document && viewPatchInstructions(document as JsonObject);
}
