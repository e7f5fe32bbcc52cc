import { type Db, type PatchRow, patchesInForce, publishedPatches, readPatch } from '@sluice/catalog';
import { type PatchInstructions, readPatchInstructions } from '@sluice/formats/conda';

/** A channel's patches by subdir; a subdir without any is not in it. */
export type ChannelPatches = ReadonlyMap<string, PatchInstructions>;

const none: ChannelPatches = new Map();

/**
 * The patches of a channel at its patch revision `patchRev`: the channel's own for its head, a publication's for that one.
 * Patches of a revision never change.
 */
export async function patchesAt(db: Db, channelId: number, patchRev: number): Promise<ChannelPatches> {
  if (patchRev === 0) return none;
  const patches = new Map<string, PatchInstructions>();
  for (const row of await patchesInForce(db, channelId, patchRev)) {
    patches.set(row.subdir, await compiled(db, channelId, row));
  }
  return patches;
}

/** The patches of one subdir: those in force now, and with them all that its publications were made with, newest first. */
export interface SubdirPatches {
  inForce: PatchInstructions | undefined;
  all: readonly PatchInstructions[];
}

/**
 * The patches a file may be listed with.
 *
 * @param at by that publication; without it by any that is kept.
 */
export async function subdirPatches(db: Db, channelId: number, subdir: string, at?: number): Promise<SubdirPatches> {
  const all: PatchInstructions[] = [];
  const rows = await publishedPatches(db, channelId, subdir, at);
  for (const row of rows) all.push(await compiled(db, channelId, row));
  return { inForce: rows[0]?.to_rev === null ? all[0] : undefined, all };
}

/** Compiled documents by digest, the one used last at the end. The door asks for them with every file of such a channel. */
const held = new Map<string, { patch: PatchInstructions; bytes: number }>();
/** Text bytes of documents that stay compiled; the last one stays whatever its size. */
const mostBytes = 64 * 1024 * 1024;

async function compiled(db: Db, channelId: number, row: PatchRow): Promise<PatchInstructions> {
  const key = Buffer.from(row.sha256).toString('hex');
  const known = held.get(key);
  held.delete(key);
  if (known) {
    held.set(key, known);
    return known.patch;
  }
  const { subdir, from_rev } = row;
  const patch = readPatchInstructions(await readPatch(db, { channel_id: channelId, subdir, from_rev }));
  held.set(key, { patch, bytes: row.bytes });
  let bytes = 0;
  for (const [digest, entry] of [...held].reverse()) {
    bytes += entry.bytes;
    if (bytes > mostBytes && digest !== key) held.delete(digest);
  }
  return patch;
}
