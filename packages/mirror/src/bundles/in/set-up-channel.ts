import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import {
  type ChannelRow,
  channelsBelow,
  type Db,
  findChannel,
  joined,
  type NamePriority,
  notifyChanged,
  type Privacy,
  patchesInForce,
  recordEvent,
  replacePatches,
} from '@sluice/catalog';
import type { ChannelLine } from '@sluice/formats/bundle';
import type { PackageType } from '@sluice/policy';
import { type Actor, createChannel, editChannel, type NewChannelWish, setChannelLayers } from '@sluice/registry';
import type { HeadLines } from './head-lines.ts';
import type { InWork } from './work.ts';

/*
 * What a bundle says of a channel beside its files is taken over where nobody here has said otherwise: what is as the last bundle
 * of the series left it, and what this one makes. Who may read a channel that was there is never changed by a bundle.
 */

/** The channel of that path, made as it is carried where it is not there. */
export async function bundledChannel(
  work: InWork,
  trx: Db,
  line: ChannelLine,
  actor: Actor,
): Promise<{ channel: ChannelRow; isNew: boolean }> {
  const known = await findChannel(trx, line.path);
  if (known) return { channel: known, isNew: false };
  const [name, ...above] = line.path.split('/').reverse();
  const parent = above.length > 0 ? await parentOf(work, trx, above.reverse().join('/'), line, actor) : undefined;
  const { description } = line;
  const channel = await createChannel(
    { db: joined(trx), now: work.deps.now },
    {
      name: name!,
      description,
      privacy: line.privacy as Privacy,
      types: line.types as PackageType[],
      filters: line.filters as NonNullable<NewChannelWish['filters']>,
      ...(parent && { parent }),
    },
    actor,
  );
  return { channel, isNew: true };
}

/** A subchannel may come without its channel: then that is made, for nobody to read. */
async function parentOf(work: InWork, trx: Db, path: string, { types }: ChannelLine, actor: Actor) {
  const known = await findChannel(trx, path);
  if (known) return known;
  work.report.notes.push(`Channel ${path} was made for its subchannel; it is private.`);
  return createChannel({ db: joined(trx), now: work.deps.now }, { name: path, types: types as PackageType[] }, actor);
}

/** Description, types and filters of a channel that was there, as far as they are still those of the last bundle. */
export async function followSettings(
  work: InWork,
  trx: Db,
  channel: ChannelRow,
  line: ChannelLine,
  was: ChannelLine | undefined,
  actor: Actor,
): Promise<void> {
  const edit: Record<string, unknown> = {};
  for (const field of ['description', 'types', 'filters'] as const) {
    const [own, before, now] = [channel[field], was?.[field], line[field]];
    if (isDeepStrictEqual(own, now)) continue;
    if (was && isDeepStrictEqual(own, before)) edit[field] = now;
    else if (field !== 'description') work.report.notes.push(`${channel.path} keeps its own ${field}.`);
  }
  if (Object.keys(edit).length > 0) await editChannel({ db: joined(trx), now: work.deps.now }, channel, edit, actor);
}

/** The channels below, and how names hide each other. All channels of the bundle are there. */
export async function followLayers(
  work: InWork,
  trx: Db,
  { channel, isNew }: { channel: ChannelRow; isNew: boolean },
  line: ChannelLine,
  was: ChannelLine | undefined,
  actor: Actor,
): Promise<void> {
  const own = (await channelsBelow(trx, channel.id)).map(({ path }) => path);
  if (isDeepStrictEqual(own, line.layers) && channel.name_priority === line.name_priority) return;
  const isFollowing =
    isNew || (was && isDeepStrictEqual(own, was.layers) && channel.name_priority === was.name_priority);
  if (!isFollowing) {
    work.report.notes.push(`${channel.path} keeps its own layers.`);
    return;
  }
  const layers: ChannelRow[] = [];
  for (const path of line.layers) layers.push((await findChannel(trx, path))!);
  const name_priority = line.name_priority as NamePriority;
  await setChannelLayers({ db: joined(trx), now: work.deps.now }, channel, { layers, name_priority }, () => {}, actor);
}

/** Patches of a channel, subdir by subdir. */
export async function followPatches(
  work: InWork,
  trx: Db,
  channel: ChannelRow,
  { listing, base }: { listing: HeadLines; base: HeadLines },
  actor: Actor,
): Promise<void> {
  const [wished, before] = [listing, base].map(({ patches }) => patches.get(channel.path) ?? new Map<string, string>());
  const own = await patchesInForce(trx, channel.id, channel.patch_rev);
  const ownHex = new Map(own.map(({ subdir, sha256 }) => [subdir, Buffer.from(sha256).toString('hex')]));
  const hex = (text: string | undefined) => text && createHash('sha256').update(text).digest('hex');
  const changed: string[] = [];
  for (const subdir of new Set([...wished!.keys(), ...before!.keys()])) {
    const [is, was, next] = [ownHex.get(subdir), hex(before!.get(subdir)), hex(wished!.get(subdir))];
    if (is === next) continue;
    if (is === was) changed.push(subdir);
    else work.report.notes.push(`${channel.path} keeps its own patches for ${subdir}.`);
  }
  if (changed.length === 0) return;
  const now = work.deps.now();
  const patches = changed.flatMap((subdir) => {
    const text = wished!.get(subdir);
    return text === undefined ? [] : [{ subdir, text, sha256: createHash('sha256').update(text).digest() }];
  });
  await replacePatches(trx, channel.id, { subdirs: changed, patches, now, by: actor.name });
  const data = { bundle_id: work.row.id, subdirs: changed };
  const event = { at: now, actor: actor.name, action: 'channel_updated', channel: channel.path };
  await recordEvent(trx, { ...event, subject: `patches ${changed.join(' ')}`, data });
  await notifyChanged(trx, 'channel', channel.id);
}
