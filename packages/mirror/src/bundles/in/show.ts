import {
  type ChannelRow,
  type Db,
  deleteReservedName,
  enqueuePublication,
  findAccountByName,
  findBlob,
  findChannel,
  findMirrorByName,
  findMirrorOf,
  firstAdministrator,
  insertMirror,
  insertReservedName,
  lastImport,
  listReservedNames,
  mirroringChannels,
  moveMirror,
  notifyChanged,
  recordEvent,
} from '@sluice/catalog';
import { sha256ToBytes } from '@sluice/formats/digest';
import type { Actor } from '@sluice/registry';
import { MirrorError } from '../../errors.ts';
import { type HeadLines, headLines } from './head-lines.ts';
import { refuseReplay } from './open-import.ts';
import type { ImportedChannel } from './place.ts';
import { bundledChannel, followLayers, followPatches, followSettings } from './set-up-channel.ts';
import { isSecond, shownLater } from './turn.ts';
import type { InWork } from './work.ts';
import { linesAt } from './write-state.ts';

interface Heads {
  listing: HeadLines;
  base: HeadLines;
}

/**
 * Fourth stage: in one transaction all channels of the bundle show it. What is frozen stays as it is until it is unfrozen.
 *
 * @returns `later` while an earlier bundle of the series is at this; false when another was completed since this one's listing was
 *   written: it is written anew.
 * @throws {MirrorError} `bundle_replayed`, `bundle_base_missing`; {RegistryError} for a channel that cannot be made here.
 */
export async function show(work: InWork): Promise<boolean | 'later'> {
  if (await isSecond(work.deps.db, work.row)) return 'later';
  const heads: Heads = {
    listing: await headLines(linesAt(work, 'listing')),
    base: await headLines(linesAt(work, 'base')),
  };
  await refuseMissingAttachments(work, heads);
  const listing = (await findBlob(work.deps.db, sha256ToBytes(work.place.listing! as never)))!;
  work.place.stage = 'files';
  const change = { contents: listing.sha256, contents_bytes: listing.size };
  try {
    await work.save(change, (trx) => showAll(work, trx, heads), 'alone');
    return true;
  } catch (error) {
    if (!(error instanceof OtherBase)) throw error;
    const { channels, after, touched, base, listing: _, ...rest } = work.place;
    work.place = { ...rest, stage: 'list' };
    return false;
  }
}

/** Thrown when the last import is not the one that this one's listing was made with. */
class OtherBase extends Error {
  override readonly name = 'OtherBase';
}

async function showAll(work: InWork, trx: Db, heads: Heads): Promise<void> {
  const { row, place } = work;
  const last = await lastImport(trx, { issuer: row.issuer!, series: row.series });
  refuseReplay(row, last);
  refuseReplay(row, await shownLater(trx, row));
  if (last?.id !== place.base) throw new OtherBase();
  const actor = await actorOf(trx, row.actor);
  const channels = await setUp(work, trx, heads, actor);
  await followReserved(work, trx, heads, actor);
  for (const imported of place.channels ?? []) {
    const channel = channels.get(imported.path) ?? (await findChannel(trx, imported.path));
    if (channel) await moveTo(work, trx, channel, imported);
  }
}

async function setUp(work: InWork, trx: Db, heads: Heads, actor: Actor): Promise<Map<string, ChannelRow>> {
  const made = new Map<string, { channel: ChannelRow; isNew: boolean }>();
  for (const [path, line] of heads.listing.channels) made.set(path, await bundledChannel(work, trx, line, actor));
  for (const [path, one] of made) {
    const [line, was] = [heads.listing.channels.get(path)!, heads.base.channels.get(path)];
    if (!one.isNew) await followSettings(work, trx, one.channel, line, was, actor);
    await followLayers(work, trx, one, line, was, actor);
    await followPatches(work, trx, one.channel, heads, actor);
  }
  return new Map([...made].map(([path, { channel }]) => [path, channel]));
}

async function followReserved({ deps }: InWork, trx: Db, { listing, base }: Heads, actor: Actor): Promise<void> {
  const now = deps.now();
  const own = new Map((await listReservedNames(trx)).map(({ pattern, note }) => [pattern, note]));
  let changed = 0;
  for (const [pattern, note] of listing.reserved) {
    if (own.has(pattern)) continue;
    await insertReservedName(trx, { pattern, note, created_at: now, created_by: actor.name });
    changed++;
  }
  for (const [pattern, note] of base.reserved) {
    if (listing.reserved.has(pattern) || own.get(pattern) !== note) continue;
    await deleteReservedName(trx, pattern);
    changed++;
  }
  if (changed === 0) return;
  await notifyChanged(trx, 'reserved-names', 'all');
  const text = 'reserved names of a bundle';
  for (const id of await mirroringChannels(trx)) await enqueuePublication(trx, id, [{ text, actor: actor.name }]);
}

/** The channel's mirror of this series shows what came in; it is made when there is none. */
async function moveTo({ deps, row }: InWork, trx: Db, channel: ChannelRow, imported: ImportedChannel): Promise<void> {
  const { source_id, revision: at_rev } = imported;
  const known = await findMirrorOf(trx, channel.id, source_id);
  const id = known?.id ?? (await addMirror({ deps, row }, trx, channel, source_id));
  await moveMirror(trx, id, { source_id, at_rev, last_run_id: null });
  const text = `bundle ${row.serial} of ${row.series}`;
  await enqueuePublication(trx, channel.id, [{ text, actor: row.actor }]);
  await notifyChanged(trx, 'mirror', id);
}

async function addMirror(
  { deps, row }: Pick<InWork, 'deps' | 'row'>,
  trx: Db,
  channel: ChannelRow,
  source_id: number,
): Promise<string> {
  const now = deps.now();
  const own = `airgap: ${row.series}`;
  const name = (await findMirrorByName(trx, channel.id, own)) ? `${own} (${row.issuer})` : own;
  const id = deps.newId();
  await insertMirror(
    trx,
    {
      ...{ id, channel_id: channel.id, name, source_id, mode: 'active', filters: {}, limits: {} },
      // What is left out over there was never carried; a house we trust may bring reserved names, for they are ours.
      ...{ keep_legacy: true, internal: true, keep_removed: false, grace_days: null },
      // It has no clock: bundles move it.
      ...{ cron: '0 0 1 * *', time_zone: 'UTC', next_run_at: null },
    },
    now,
  );
  const data = { mirror_id: id, bundle_id: row.id };
  await recordEvent(trx, {
    at: now,
    actor: row.actor,
    action: 'mirror_created',
    channel: channel.path,
    subject: name,
    data,
  });
  return id;
}

/** Who channels belong to that are made: who brought the bundle, else an administrator. */
async function actorOf(trx: Db, name: string): Promise<Actor> {
  const account = (await findAccountByName(trx, name)) ?? (await firstAdministrator(trx));
  if (!account) throw new MirrorError('channel_missing', 'There is no account that channels could belong to.');
  return { id: account.id, name };
}

async function refuseMissingAttachments({ deps: { db } }: InWork, { listing }: Heads): Promise<void> {
  for (const { name, sha256 } of listing.attachments.values()) {
    if (await findBlob(db, sha256ToBytes(sha256 as never))) continue;
    const message = `The file ${name} is neither in this bundle nor here, where it supposes it. Have a full bundle made.`;
    throw new MirrorError('bundle_base_missing', message, { wanted: sha256, found: 'nothing' });
  }
}
