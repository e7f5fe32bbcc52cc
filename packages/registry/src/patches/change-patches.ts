import {
  type ChannelRow,
  type Db,
  enqueuePublication,
  lockChannel,
  notifyChanged,
  patchesInForce,
  recordEvent,
  replacePatches,
} from '@sluice/catalog';
import type { Actor, ChannelDeps } from '../channels/deps.ts';
import { channelMissing, RegistryError } from '../errors.ts';
import type { PatchWish } from './patch-wish.ts';
import { type PatchPreview, previewPatches } from './preview-patches.ts';

type Channel = Pick<ChannelRow, 'id' | 'path' | 'patch_rev'>;

/** What came, or with `dryRun` would come, of changing patches. `patch_rev`: the channel's then; it stays when nothing changed. */
export interface Patching {
  patch_rev: number;
  subdirs: PatchPreview[];
}

/** `dryRun`: only say what would change. `alone`: take away what other subdirs have, as a patch package does. */
export interface PatchOptions {
  dryRun?: boolean;
  alone?: boolean;
}

/**
 * Put patch documents in the place of those their subdirs have. Rules and downloads see patched records at once, the
 * index follows by a job; in a frozen channel once it is unfrozen. Packages stay as they are.
 *
 * @throws {RegistryError} `channel_missing`.
 */
export async function setPatches(
  deps: ChannelDeps,
  channel: Channel,
  wishes: readonly PatchWish[],
  actor: Actor,
  { dryRun = false, alone = false }: PatchOptions = {},
): Promise<Patching> {
  const wished = new Set(wishes.map(({ subdir }) => subdir));
  const others = alone ? (await subdirsOf(deps.db, channel)).filter((subdir) => !wished.has(subdir)) : [];
  const subdirs: PatchPreview[] = [];
  for (const { subdir, instructions } of wishes) {
    subdirs.push(await previewPatches(deps.db, channel, subdir, instructions));
  }
  for (const subdir of others) subdirs.push(await previewPatches(deps.db, channel, subdir, undefined));
  subdirs.sort((a, b) => (a.subdir < b.subdir ? -1 : 1));
  const patch_rev = dryRun ? channel.patch_rev : await change(deps, channel, { wishes, ended: others, actor });
  return { patch_rev, subdirs };
}

/**
 * Take the patches of a subdir away, or of all: its records are shown as their sources have them, byte for byte.
 *
 * @throws {RegistryError} `patch_missing` when there are none; `channel_missing`.
 */
export async function clearPatches(
  deps: ChannelDeps,
  channel: Channel,
  subdir: string | undefined,
  actor: Actor,
  { dryRun = false }: Pick<PatchOptions, 'dryRun'> = {},
): Promise<Patching> {
  const ended = (await subdirsOf(deps.db, channel)).filter((patched) => subdir === undefined || patched === subdir);
  if (ended.length === 0) throw patchMissing(channel, subdir);
  const subdirs: PatchPreview[] = [];
  for (const patched of ended) subdirs.push(await previewPatches(deps.db, channel, patched, undefined));
  const patch_rev = dryRun ? channel.patch_rev : await change(deps, channel, { wishes: [], ended, actor });
  return { patch_rev, subdirs };
}

/** The refusal of a deed on patches that are not there. */
export function patchMissing({ path }: Pick<Channel, 'path'>, subdir: string | undefined): RegistryError {
  return new RegistryError('patch_missing', `${path} has no patches${subdir === undefined ? '' : ` for ${subdir}`}.`, {
    found: subdir,
  });
}

async function subdirsOf(db: Db, { id, patch_rev }: Channel): Promise<string[]> {
  return (await patchesInForce(db, id, patch_rev)).map(({ subdir }) => subdir);
}

async function change(
  deps: ChannelDeps,
  channel: Channel,
  { wishes, ended, actor }: { wishes: readonly PatchWish[]; ended: readonly string[]; actor: Actor },
): Promise<number> {
  const now = deps.now();
  return deps.db.transaction().execute(async (trx) => {
    const current = await lockChannel(trx, channel.id, 'change');
    if (!current) throw channelMissing(channel.path);
    const inForce = new Map(
      (await patchesInForce(trx, current.id, current.patch_rev)).map((row) => [row.subdir, row.sha256]),
    );
    const patches = wishes.filter(({ subdir, sha256 }) => Buffer.compare(inForce.get(subdir) ?? Buffer.of(), sha256));
    const gone = ended.filter((subdir) => inForce.has(subdir));
    if (patches.length + gone.length === 0) return current.patch_rev;
    const subdirs = [...patches.map(({ subdir }) => subdir), ...gone].sort();
    const patchRev = await replacePatches(trx, current.id, { subdirs, patches, now, by: actor.name });
    await recordEvent(trx, {
      at: now,
      actor: actor.name,
      action: 'channel_updated',
      channel: current.path,
      subject: `patches ${subdirs.join(' ')}`,
      data: {
        patches: Object.fromEntries(patches.map(({ subdir, sha256 }) => [subdir, Buffer.from(sha256).toString('hex')])),
        cleared: gone,
        patch_rev: patchRev,
      },
    });
    await notifyChanged(trx, 'channel', current.id);
    if (!current.frozen) await enqueuePublication(trx, current.id, [{ text: 'patches edited', actor: actor.name }]);
    return patchRev;
  });
}
