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
import { type RuledLayer, ruledLayers } from './layers.ts';
import { patchedVersion, twinOf, versionFacts } from './listed-version.ts';
import { patchesAt } from './patches.ts';
import { signatureWord } from './select.ts';

/**
 * What happened to a file between two publications, whichever of them is the one that is compared to:
 *
 *     uploaded, deleted                                    by somebody, here
 *     upstream_added, upstream_removed, upstream_changed   in a mirror's source
 *     layer_added, layer_removed                           the mirror that shows it came or went
 *     layer_changed                                        another layer shows a file of that name
 *     patched                                              the channel's own patches changed
 *     denied                                               a rule refuses it now: `rule` says which and why
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
  | 'patched'
  | 'denied'
  | 'hidden'
  | 'allowed';

/** Why a file differs. `layer`: `uploads`, or the name of the mirror; null for a mirror that is no more. */
export interface ChangeReason {
  code: ChangeCode;
  layer: string | null;
  rule?: Reason;
  /** Who deleted it, and when. */
  by?: FileRemoval;
}

/** A file as one of the two publications has it: which input shows it, and the version as it is shown. */
interface Shown {
  source_id: number;
  layer: string;
  record: RecordVersion;
}

/** Versions as the channel's patches of then show them, by file; null for those that they remove. */
type Versions = Map<string, RecordVersion | null>;

/**
 * Why each of these files differs between two publications. Asks for records once a layer and subdir, whatever the number of
 * files.
 *
 * @returns one reason a file, in the same order.
 */
export async function changeReasons(
  deps: Pick<PublishDeps, 'db' | 'neededNoarch'>,
  channel: ChannelRow,
  { from, to }: { from: number; to: number },
  files: readonly DifferentFile[],
): Promise<ChangeReason[]> {
  const [earlier, later] = await Promise.all(
    [Math.min(from, to), Math.max(from, to)].map((no) => findPublication(deps.db, channel.id, no)),
  );
  if (!earlier || !later || files.length === 0) return files.map(() => ({ code: 'hidden', layer: null }));
  const layers = await ruledLayers(deps.db, channel, deps.neededNoarch);
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
      const was = shownBy(context.before, earlier, file, then);
      const is = shownBy(context.after, later, file, now);
      const isThere = from <= to ? file.change !== 'removed' : file.change !== 'added';
      const wasThere = from <= to ? file.change !== 'added' : file.change !== 'removed';
      reasons.set(file, reasonOf(context, file.file, wasThere ? was : undefined, isThere ? is : undefined));
    }
  }
  await addRemovals(deps, channel.id, reasons);
  return files.map((file) => reasons.get(file)!);
}

/** The live versions of the files and their twins at a publication, by source. */
async function versionsAt(
  { db }: Pick<PublishDeps, 'db'>,
  channelId: number,
  { inputs, patch_rev }: PublicationRow,
  subdir: string,
  files: readonly DifferentFile[],
): Promise<Map<number, Versions>> {
  const patch = await (await patchesAt(db, channelId, patch_rev)).of(subdir);
  const names = files.flatMap(({ file }) => [file, ...twinOf(file)]);
  const found = new Map<number, Versions>();
  for (const { source_id, revision } of inputs) {
    const versions = await findRecords(db, { source_id, subdir }, names, revision);
    found.set(source_id, new Map(versions.map((version) => [version.file, patchedVersion(patch, version) ?? null])));
  }
  return found;
}

/** The input that shows a file: the first whose version is in the signature, since one above may have it and not show it. */
function shownBy(
  versions: Map<number, Versions>,
  { inputs }: PublicationRow,
  { subdir, file }: DifferentFile,
  signature: Uint8Array | null,
): Shown | undefined {
  const having = inputs.flatMap(({ source_id, layer }) => {
    const record = versions.get(source_id)?.get(file);
    return record ? [{ source_id, layer, record }] : [];
  });
  const listed = having.find(({ record }) => {
    const word = signatureWord(versionFacts(subdir, [record]), 0);
    return signature !== null && Buffer.from(signature).includes(Buffer.from(word));
  });
  return listed ?? having[0];
}

interface Context {
  subdir: string;
  layers: readonly RuledLayer[];
  earlier: PublicationRow;
  later: PublicationRow;
  before: Map<number, Versions>;
  after: Map<number, Versions>;
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
  if (was.source_id !== is.source_id) {
    if (isOwn) return 'uploaded';
    if (was.layer === 'uploads') return 'deleted';
    if (!hasSource(earlier, is)) return 'layer_added';
    return hasSource(later, was) ? 'layer_changed' : 'layer_removed';
  }
  if (was.record.from_rev !== is.record.from_rev) return isOwn ? 'uploaded' : 'upstream_changed';
  return earlier.patch_rev === later.patch_rev ? 'upstream_changed' : 'patched';
}

function whyAdded({ earlier, before }: Context, file: string, is: Shown): ChangeCode {
  if (is.layer === 'uploads') {
    if (!before.get(is.source_id)?.has(file)) return 'uploaded';
  } else {
    if (!hasSource(earlier, is)) return 'layer_added';
    if (!before.get(is.source_id)?.has(file)) return 'upstream_added';
  }
  return before.get(is.source_id)?.get(file) === null ? 'patched' : 'allowed';
}

function whyRemoved(context: Context, file: string, was: Shown, layer: string | null): ChangeReason {
  const { later, after, layers, subdir } = context;
  if (!hasSource(later, was)) return { code: was.layer === 'uploads' ? 'deleted' : 'layer_removed', layer };
  const versions = after.get(was.source_id);
  const record = versions?.get(file);
  if (record === null) return { code: 'patched', layer };
  if (!versions || !record) return { code: was.layer === 'uploads' ? 'deleted' : 'upstream_removed', layer };
  const ruled = layers.find(({ source_id }) => source_id === was.source_id);
  const twins = twinOf(file).flatMap((twin) => versions.get(twin) ?? []);
  const [rule] = ruled ? evaluate(ruled.rules, versionFacts(subdir, [record, ...twins]), 0).reasons : [];
  if (rule) return { code: 'denied', layer, rule };
  return { code: 'hidden', layer };
}

function hasSource({ inputs }: PublicationRow, { source_id }: Shown): boolean {
  return inputs.some((input) => input.source_id === source_id);
}

function nameOf(layers: readonly RuledLayer[], { layer, source_id }: Shown): string | null {
  if (layer === 'uploads') return 'uploads';
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
