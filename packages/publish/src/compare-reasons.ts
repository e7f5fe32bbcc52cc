import {
  type ChannelRow,
  type FileRemoval,
  findPublication,
  findRecords,
  findRemovals,
  type PublicationRow,
  type RecordVersion,
} from '@sluice/catalog';
import { evaluate, type Reason } from '@sluice/policy';
import type { DifferentFile } from './compare.ts';
import type { PublishDeps } from './deps.ts';
import { belowName, type RuledLayer, ruledLayers } from './layers.ts';
import { patchedVersion, twinOf, versionFacts } from './listed-version.ts';
import { namesShownAbove } from './name-above.ts';
import { patchesAt } from './patches.ts';
import { signatureWord } from './select.ts';

/**
 * What happened to a file between two publications, whichever of them is the one that is compared to:
 *
 *     uploaded, deleted                                    by somebody, here
 *     upstream_added, upstream_removed, upstream_changed   in a mirror's source
 *     layer_added, layer_removed                           the mirror that shows it came or went
 *     layer_changed                                        another layer shows a file of that name
 *     below_added, below_removed, below_changed            in a channel that shows below this one
 *     patched                                              the channel's own patches changed
 *     denied                                               a rule refuses it now: `rule` says which and why
 *     name_hidden, name_shown                              a layer above began to show the package name, which hides it here, or ceased to
 *     hidden                                               nothing of it changed and no rule refuses it now: one did then, or its download failed
 *     allowed                                              no rule refuses it any more
 */
export type ChangeCode =
  | 'uploaded'
  | 'deleted'
  | 'upstream_added'
  | 'upstream_removed'
  | 'upstream_changed'
  | 'layer_added'
  | 'layer_removed'
  | 'layer_changed'
  | 'below_added'
  | 'below_removed'
  | 'below_changed'
  | 'patched'
  | 'denied'
  | 'name_hidden'
  | 'name_shown'
  | 'hidden'
  | 'allowed';

/** Why a file differs. `layer`: `uploads`, `below`, or the name of the mirror; null for a mirror that is no more. */
export interface ChangeReason {
  code: ChangeCode;
  layer: string | null;
  rule?: Reason;
  /** Who deleted it, and when. */
  by?: FileRemoval;
}

/** What may turn out to be a matter of its package name. */
const mayBeByName: ReadonlySet<ChangeCode> = new Set(['hidden', 'allowed', 'below_added', 'below_removed']);

/** A file as one of the two publications has it: which input shows it, and the version as it is shown. */
interface Shown {
  source_id: number;
  layer: string;
  record: RecordVersion;
}

/** Versions as the patches of then show them, by file; null for those that they remove. One map an input, in their order. */
type Versions = Map<string, RecordVersion | null>[];

/**
 * Why each of these files differs between two publications. Asks for records once a layer and subdir, whatever the number of
 * files.
 *
 * @returns one reason a file, in the same order.
 */
export async function changeReasons(
  deps: Pick<PublishDeps, 'db' | 'neededFiles' | 'storage'>,
  channel: ChannelRow,
  { from, to }: { from: number; to: number },
  files: readonly DifferentFile[],
): Promise<ChangeReason[]> {
  const [earlier, later] = await Promise.all(
    [Math.min(from, to), Math.max(from, to)].map((no) => findPublication(deps.db, channel.id, no)),
  );
  if (!earlier || !later || files.length === 0) return files.map(() => ({ code: 'hidden', layer: null }));
  const layers = await ruledLayers(deps.db, channel, deps.neededFiles);
  const hidesByName = channel.name_priority === 'strict';
  const aboveThen = namesShownAbove(deps, channel.id, earlier);
  const aboveNow = namesShownAbove(deps, channel.id, later);
  const reasons = new Map<DifferentFile, ChangeReason>();
  for (const [subdir, here] of Map.groupBy(files, (file) => file.subdir)) {
    const context = {
      ...{ subdir, layers, earlier, later },
      before: await versionsAt(deps, channel.id, earlier, subdir, here),
      after: await versionsAt(deps, channel.id, later, subdir, here),
    };
    for (const file of here) {
      const [then, now] =
        from <= to ? [file.signatures.from, file.signatures.to] : [file.signatures.to, file.signatures.from];
      const isThere = from <= to ? file.change !== 'removed' : file.change !== 'added';
      const wasThere = from <= to ? file.change !== 'added' : file.change !== 'removed';
      const was = wasThere ? shownBy(context.before, earlier, file, then) : undefined;
      const is = isThere ? shownBy(context.after, later, file, now) : undefined;
      const reason = reasonOf(context, file.file, was, is);
      const shown = is ?? was;
      if (shown && hidesByName && mayBeByName.has(reason.code)) {
        const isAbove = await (is ? aboveThen : aboveNow)(shown.layer, file);
        if (isAbove) reason.code = is ? 'name_shown' : 'name_hidden';
      }
      reasons.set(file, reason);
    }
  }
  await addRemovals(deps, channel.id, reasons);
  return files.map((file) => reasons.get(file)!);
}

/** The live versions of the files and their twins at a publication. */
async function versionsAt(
  { db }: Pick<PublishDeps, 'db'>,
  channelId: number,
  { inputs, patch_rev }: PublicationRow,
  subdir: string,
  files: readonly DifferentFile[],
): Promise<Versions> {
  const names = files.flatMap(({ file }) => [file, ...twinOf(file)]);
  const found: Versions = [];
  for (const { source_id, revision, patches = [] } of inputs) {
    const versions = new Map<string, RecordVersion | null>();
    for (const version of await findRecords(db, { source_id, subdir }, names, revision)) {
      versions.set(version.file, version);
    }
    for (const through of [...patches, { channel_id: channelId, patch_rev }]) {
      const patch = await (await patchesAt(db, through.channel_id, through.patch_rev)).of(subdir);
      for (const [file, seen] of versions) versions.set(file, (seen && patchedVersion(patch, seen)) ?? null);
    }
    found.push(versions);
  }
  return found;
}

/** The input that shows a file: the first whose version is in the signature, since one above may have it and not show it. */
function shownBy(
  versions: Versions,
  { inputs }: PublicationRow,
  { subdir, file }: DifferentFile,
  signature: Uint8Array | null,
): Shown | undefined {
  const having = inputs.flatMap(({ source_id, layer }, i) => {
    const record = versions[i]!.get(file);
    return record ? [{ source_id, layer, record }] : [];
  });
  const listed = having.find(({ record }) => {
    const word = signatureWord(versionFacts(subdir, [record]), 0);
    return signature !== null && Buffer.from(signature).includes(Buffer.from(word));
  });
  return listed ?? having[0];
}

/** Whether two publications were made from the same layer. The channel's own go by their source: a mirror may be made anew. */
function isSameLayer(one: Pick<Shown, 'layer' | 'source_id'>, other: Pick<Shown, 'layer' | 'source_id'>): boolean {
  return isBelow(one) || isBelow(other) ? one.layer === other.layer : one.source_id === other.source_id;
}

function isBelow({ layer }: Pick<Shown, 'layer'>): boolean {
  return layer.startsWith(belowName(''));
}

/** What a publication's layer has of a file; null when patches remove it. */
function versionOf(versions: Versions, { inputs }: PublicationRow, shown: Shown, file: string) {
  const places = inputs.flatMap((input, i) => (isSameLayer(input, shown) && versions[i]!.has(file) ? [i] : []));
  return places.length === 0 ? undefined : versions[places[0]!]!.get(file);
}

interface Context {
  subdir: string;
  layers: readonly RuledLayer[];
  earlier: PublicationRow;
  later: PublicationRow;
  before: Versions;
  after: Versions;
}

function reasonOf(context: Context, file: string, was: Shown | undefined, is: Shown | undefined): ChangeReason {
  const shown = is ?? was;
  const layer = shown ? nameOf(context.layers, shown) : null;
  if (was && is) return { code: whyChanged(context, was, is), layer };
  if (is) return { code: whyAdded(context, file, is), layer };
  if (was) return whyRemoved(context, file, was, layer);
  return { code: 'hidden', layer };
}

function whyChanged({ earlier, later }: Context, was: Shown, is: Shown): ChangeCode {
  const isOwn = is.layer === 'uploads';
  if (!isSameLayer(was, is)) {
    if (isOwn) return 'uploaded';
    if (was.layer === 'uploads') return 'deleted';
    if (!hasLayer(earlier, is)) return 'layer_added';
    return hasLayer(later, was) ? 'layer_changed' : 'layer_removed';
  }
  if (isBelow(is)) return earlier.patch_rev === later.patch_rev ? 'below_changed' : 'patched';
  if (was.record.from_rev !== is.record.from_rev) return isOwn ? 'uploaded' : 'upstream_changed';
  return earlier.patch_rev === later.patch_rev ? 'upstream_changed' : 'patched';
}

function whyAdded({ earlier, before }: Context, file: string, is: Shown): ChangeCode {
  const then = versionOf(before, earlier, is, file);
  if (is.layer === 'uploads') {
    if (then === undefined) return 'uploaded';
  } else {
    if (!hasLayer(earlier, is)) return 'layer_added';
    if (isBelow(is)) return then === null ? 'patched' : 'below_added';
    if (then === undefined) return 'upstream_added';
  }
  return then === null ? 'patched' : 'allowed';
}

function whyRemoved(context: Context, file: string, was: Shown, layer: string | null): ChangeReason {
  const { later, after, layers, subdir } = context;
  if (!hasLayer(later, was)) return { code: was.layer === 'uploads' ? 'deleted' : 'layer_removed', layer };
  const record = versionOf(after, later, was, file);
  if (record === null) return { code: 'patched', layer };
  if (!record) return { code: goneCode(was), layer };
  const ruled = layers.find((one) => isSameLayer(one, was));
  const twins = twinOf(file).flatMap((twin) => versionOf(after, later, was, twin) ?? []);
  const [rule] = ruled ? evaluate(ruled.rules, versionFacts(subdir, [record, ...twins]), 0).reasons : [];
  if (rule) return { code: 'denied', layer, rule };
  return { code: isBelow(was) ? 'below_removed' : 'hidden', layer };
}

function goneCode(was: Shown): ChangeCode {
  if (was.layer === 'uploads') return 'deleted';
  return isBelow(was) ? 'below_removed' : 'upstream_removed';
}

function hasLayer({ inputs }: PublicationRow, shown: Shown): boolean {
  return inputs.some((input) => isSameLayer(input, shown));
}

function nameOf(layers: readonly RuledLayer[], { layer, source_id }: Shown): string | null {
  if (layer === 'uploads') return 'uploads';
  if (isBelow({ layer })) return 'below';
  const today = layers.find((one) => one.layer === layer) ?? layers.find((one) => one.source_id === source_id);
  return today?.mirror?.name ?? null;
}

async function addRemovals(
  { db }: Pick<PublishDeps, 'db'>,
  channelId: number,
  reasons: Map<DifferentFile, ChangeReason>,
): Promise<void> {
  const deleted = [...reasons].filter(([, { code }]) => code === 'deleted');
  if (deleted.length === 0) return;
  const keys = deleted.map(([{ subdir, file, name }]) => ({ key: `${subdir}/${file}`, name }));
  const removals = await findRemovals(db, channelId, keys);
  deleted.forEach(([, reason], i) => {
    const by = removals.get(keys[i]!.key);
    if (by) reason.by = by;
  });
}
