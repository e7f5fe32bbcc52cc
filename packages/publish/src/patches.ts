import {
  type Db,
  type PatchRow,
  type PublicationsOf,
  patchesInForce,
  publishedPatches,
  readPatch,
} from '@sluice/catalog';
import { type PatchInstructions, readPatchInstructions } from '@sluice/formats/conda';

/** A channel's patches, read when asked for: all documents of a channel together may take hundreds of megabytes. */
export interface ChannelPatches {
  /** The subdirs that have any, each with the digest of its document in hex. */
  digests: ReadonlyMap<string, string>;
  of(subdir: string): Promise<PatchInstructions | undefined>;
}

/**
 * The patches of a channel at its patch revision `patchRev`: the channel's own for its head, a publication's for that one.
 * Patches of a revision never change.
 */
export async function patchesAt(db: Db, channelId: number, patchRev: number): Promise<ChannelPatches> {
  const rows = patchRev === 0 ? [] : await patchesInForce(db, channelId, patchRev);
  const bySubdir = new Map(rows.map((row) => [row.subdir, row]));
  return {
    digests: new Map(rows.map((row) => [row.subdir, digestOf(row)])),
    async of(subdir) {
      const row = bySubdir.get(subdir);
      return row && compiled(db, channelId, row);
    },
  };
}

/** The patches of one subdir: those in force now, and those that its publications were made with before, newest first. */
export interface SubdirPatches {
  inForce: PatchInstructions | undefined;
  /** Read one by one: there may be a hundred, of 60 MB each. */
  earlier(): AsyncIterable<PatchInstructions>;
}

/**
 * The patches of a channel a file may be listed with, by that publication, or by any that is kept.
 *
 * @param above by publications of a channel on top, too.
 */
export async function subdirPatches(
  db: Db,
  of: PublicationsOf,
  subdir: string,
  above?: PublicationsOf,
): Promise<SubdirPatches> {
  const { channelId } = of;
  const rows = await publishedPatches(db, of, subdir, above);
  const [first] = rows;
  const current = first?.to_rev === null ? first : undefined;
  return {
    inForce: current && (await compiled(db, channelId, current)),
    async *earlier() {
      for (const row of rows) if (row !== current) yield await compiled(db, channelId, row);
    },
  };
}

/** Compiled documents by digest, the one used last at the end. The door asks for them with every file of such a channel. */
const held = new Map<string, { patch: PatchInstructions; bytes: number }>();
/** Text bytes of documents that stay compiled; the last one stays whatever its size. */
const mostBytes = 64 * 1024 * 1024;

async function compiled(db: Db, channelId: number, row: PatchRow): Promise<PatchInstructions> {
  const key = digestOf(row);
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

function digestOf({ sha256 }: PatchRow): string {
  return Buffer.from(sha256).toString('hex');
}
