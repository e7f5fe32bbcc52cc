import { createHash } from 'node:crypto';
import {
  type BundleRow,
  type ChannelRow,
  channelsBelow,
  type Db,
  findBundleBase,
  findChannel,
  findMirror,
  findPublicationSource,
  holdPublicationsFor,
  insertBlobs,
  insertBundle,
  nextBundleSerial,
  saveBundle,
  saveBundleBlobs,
} from '@sluice/catalog';
import { compareLineKeys, type FarState, readStateFile } from '@sluice/formats/bundle';
import type { JsonObject } from '@sluice/formats/conda';
import { FormatError } from '@sluice/formats/errors';
import { admitBlob } from '@sluice/registry';
import { MirrorError } from '../../errors.ts';
import type { BundleDeps } from '../deps.ts';
import { enqueueBundleSlice } from '../enqueue-slice.ts';
import { bundleKey } from '../signing-key.ts';
import { checkAttachments } from './attach-files.ts';
import {
  type BundleDefinition,
  type BundledChannel,
  type BundleWish,
  invalid,
  readBundleWish,
  seriesOf,
} from './definition.ts';
import { checkOutput } from './output.ts';
import type { OutPlace } from './place.ts';

/** Who makes a bundle, and what it takes: throws when a channel may not be carried away. */
export interface BundleMaker {
  name: string;
  mayBundle(channel: ChannelRow | undefined, path: string): void;
}

type CreateDeps = Pick<BundleDeps, 'db' | 'storage' | 'now' | 'newId' | 'guard' | 'sealer' | 'bundleFolder'>;

/**
 * Begin a bundle of what channels show now. From here on it does not matter what becomes of them: their publications of this
 * moment are held, and the channels' settings are noted.
 *
 * @throws {MirrorError} `bundle_invalid`, `bundle_base_missing`, `bundle_foreign`, `source_refused`, `mirror_missing`; what `mayBundle` throws.
 */
export async function createBundle(deps: CreateDeps, wish: BundleWish, maker: BundleMaker): Promise<BundleRow> {
  const definition = readBundleWish(wish);
  checkAttachments(definition.attachments);
  await checkOutput(deps, definition.output);
  const { issuer } = await bundleKey(deps);
  const far = wish.state && readFarState(wish.state, issuer);
  // Known before its bundle is; a collection leaves alone what is as new as that.
  const had = wish.state && (await admitBlob(deps, [wish.state], async () => {}));
  return deps.db.transaction().execute(async (trx) => {
    const channels = await chosenChannels(trx, definition, maker);
    const series = seriesFor(wish, far, definition, channels);
    const base = await baseOf(trx, series, wish.since, far);
    const now = deps.now();
    const numbers = { serial: await nextBundleSerial(trx, series), base_serial: base?.serial ?? null };
    const made = { id: deps.newId(), direction: 'out', series, issuer, actor: maker.name } as const;
    const row = await insertBundle(trx, { ...made, ...numbers, definition: { ...definition } }, now);
    const published = channels.filter(({ no }) => no > 0);
    await holdPublicationsFor(
      trx,
      row.id,
      published.map(({ id, no }) => ({ channel_id: id, no })),
    );
    if (had) {
      await insertBlobs(trx, [had], now);
      await saveBundleBlobs(trx, row.id, [{ blob: had.sha256, member: 'state', part: null, position: null }]);
    }
    const place: OutPlace = { stage: 'attach', channels, ...(base && { base: base.id }) };
    await saveBundle(trx, row, { place: { ...place } }, now);
    await enqueueBundleSlice(trx, row.id);
    return { ...row, step: row.step + 1 };
  });
}

function readFarState(bytes: Uint8Array, issuer: string): FarState {
  const far = stateOf(bytes);
  if (far.issuer === null || far.issuer === issuer) return far;
  throw new MirrorError(
    'bundle_foreign',
    `The state file is of bundles that ${far.issuer} signed, and those made here are signed by ${issuer}: make it there.`,
    { wanted: issuer, found: far.issuer },
  );
}

function stateOf(bytes: Uint8Array): FarState {
  try {
    return readStateFile(bytes);
  } catch (error) {
    if (error instanceof FormatError) throw invalid(error.message, error.found ?? 'another file');
    throw error;
  }
}

function seriesFor(
  wish: BundleWish,
  far: FarState | undefined,
  { attachments }: BundleDefinition,
  channels: readonly BundledChannel[],
): string {
  if (wish.series !== undefined && far && far.series !== wish.series) {
    throw invalid(`The state file is of the series ${far.series}, not of ${wish.series}.`, far.series);
  }
  const paths = channels.length === 0 && attachments.length > 0 ? [] : channels.map(({ line }) => line.path);
  return wish.series ?? far?.series ?? seriesOf(paths, (text) => createHash('sha256').update(text).digest('hex'));
}

/** The bundle that a delta builds on; undefined for one that says everything. */
async function baseOf(
  trx: Db,
  series: string,
  since: BundleWish['since'],
  far: FarState | undefined,
): Promise<BundleRow | undefined> {
  if (since === 'last') return findBundleBase(trx, series);
  if (since !== undefined) {
    const base = await findBundleBase(trx, series, since);
    if (base) return base;
    throw new MirrorError(
      'bundle_base_missing',
      `Bundle ${since} of ${series} is not known here any more: name a later one, give the far side's state file, or make a full bundle.`,
      { found: String(since) },
    );
  }
  if (!far || far.serial === 0) return undefined;
  const base = await findBundleBase(trx, series, far.serial);
  // What it has is known all the same: then everything is told, and only what it lacks is carried.
  return base?.state_sha256 && Buffer.from(base.state_sha256).toString('hex') === far.state ? base : undefined;
}

/** The channels that were asked for and all below them, by path; each must be allowed. */
async function chosenChannels(trx: Db, wish: BundleDefinition, maker: BundleMaker): Promise<BundledChannel[]> {
  const chosen = new Map<string, BundledChannel>();

  async function take(channel: ChannelRow): Promise<void> {
    const known = chosen.get(channel.path);
    if (known && !known.mirrors) return;
    const below = await channelsBelow(trx, channel.id);
    chosen.set(
      channel.path,
      await asItIs(
        trx,
        channel,
        below.map(({ path }) => path),
      ),
    );
    for (const { path } of below) await take(await allowed(path));
  }

  async function allowed(path: string): Promise<ChannelRow> {
    const channel = await findChannel(trx, path);
    maker.mayBundle(channel, path);
    return channel!;
  }

  for (const path of wish.channels) await take(await allowed(path));
  for (const id of wish.mirrors) {
    const mirror = await findMirror(trx, id);
    if (!mirror) throw new MirrorError('mirror_missing', `There is no mirror ${id}.`, { found: id });
    const channel = await allowed(mirror.channel_path);
    const known = chosen.get(channel.path) ?? { ...(await asItIs(trx, channel, [])), mirrors: [] };
    known.mirrors?.push(id);
    chosen.set(channel.path, known);
  }
  const byPath = (a: BundledChannel, b: BundledChannel) => compareLineKeys(a.line.path, b.line.path);
  return [...chosen.values()].sort(byPath);
}

async function asItIs(trx: Db, channel: ChannelRow, layers: string[]): Promise<BundledChannel> {
  const { id, path, types, privacy, description, filters, name_priority } = channel;
  const settings = { types, privacy, description, filters: { ...filters } as JsonObject, name_priority };
  // The row stays until the transaction ends, so it can be held.
  const head = await findPublicationSource(trx, id, channel.head_no, true);
  return {
    id,
    no: head?.no ?? 0,
    patch_rev: head?.patch_rev ?? 0,
    line: { kind: 'channel', path, ...settings, layers },
  };
}
