import { type EntryRow, earlierShards, shardsAt, upstreamShards } from '@sluice/catalog';
import { bytesToHex } from '@sluice/formats/digest';
import type { PublishDeps } from './deps.ts';
import { type ShownName, signaturesOf } from './select.ts';
import type { JudgedLayer } from './selection.ts';
import { type ShownSize, shardFormatOf } from './shard-format.ts';

/** A name's shard as it must be: all of its entry but the blob, which is there already or must be written. */
export interface ChosenShard {
  shown: ShownName;
  entry: Omit<EntryRow, 'blob'>;
  /** The blob of an upstream, or one that was written here before. */
  blob: Uint8Array | undefined;
}

/** What one subdir shows, and what its head has of it. */
export interface ShownSubdir {
  channelId: number;
  subdir: string;
  layers: readonly JudgedLayer[];
  /** Live entries by key. */
  live: ReadonlyMap<string, EntryRow>;
  /** Digests, in hex, of blobs whose bytes are lost: they are neither handed on nor left. Undefined where nobody has looked. */
  unsound?: ReadonlySet<string> | undefined;
}

/**
 * The shards that names must have, without those whose entry is right already.
 *
 * An upstream's own shard, or that of a channel below, is handed on where nothing of the name is hidden and no other layer
 * adds to it. What has the
 * signature of a shard that was written here before is that shard.
 *
 * @param anew nothing that was written here before counts, only what upstreams have.
 */
export async function chooseShards(
  deps: Pick<PublishDeps, 'db'>,
  { channelId, subdir, layers, live, unsound }: ShownSubdir,
  names: readonly ShownName[],
  anew: boolean,
): Promise<ChosenShard[]> {
  const wanted: ChosenShard[] = [];
  const { sizeOf } = shardFormatOf(subdir);
  const signatures = signaturesOf(layers, names);
  for (const [i, shown] of names.entries()) {
    const key = `${subdir}/${shown.name}`;
    const entry = { kind: 'shard' as const, key, signature: signatures[i]!, files: shown.count };
    wanted.push({ shown, entry: { ...entry, ...sizeOf(sizes(layers, shown)), upstream: false }, blob: undefined });
  }
  await addUpstreamShards(deps, subdir, layers, wanted);
  await addShardsBelow(deps, layers, wanted);
  for (const one of wanted) if (one.blob && unsound?.has(bytesToHex(one.blob))) leaveToBeMade(one);
  if (anew) return wanted;
  const changed = wanted.filter((chosen) => !isRight(live.get(chosen.entry.key), chosen));
  const missing = changed.filter(({ blob }) => blob === undefined);
  const known = await earlierShards(
    deps.db,
    channelId,
    missing.map(({ entry }) => ({ key: entry.key, signature: entry.signature! })),
  );
  const blobs = new Map(known.map(({ key, blob }) => [key, blob]));
  for (const chosen of missing) chosen.blob = blobs.get(chosen.entry.key);
  return changed;
}

function* sizes(layers: readonly JudgedLayer[], { parts }: ShownName): Iterable<ShownSize> {
  for (const { layer, rows } of parts) {
    const { files, length, v3 } = layers[layer]!.facts;
    for (const row of rows) {
      const end = files.offsets[row + 1]!;
      // Of hundreds of thousands of names none becomes a string.
      const name = { nameBytes: end - files.offsets[row]!, nameEnd: files.bytes[end - 1]! };
      yield { ...name, length: length[row]!, v3: v3[row] === 1 };
    }
  }
}

/** Whether an entry is what was chosen; one of another engine never is. */
function isRight(entry: EntryRow | undefined, { entry: wanted, blob }: ChosenShard): boolean {
  if (!entry || entry.buckets === null || entry.upstream !== wanted.upstream) return false;
  if (blob && Buffer.compare(entry.blob, blob) !== 0) return false;
  return Buffer.compare(entry.signature!, wanted.signature!) === 0;
}

function leaveToBeMade(one: ChosenShard): void {
  one.entry = { ...one.entry, upstream: false };
  one.blob = undefined;
}

async function addUpstreamShards(
  { db }: Pick<PublishDeps, 'db'>,
  subdir: string,
  layers: readonly JudgedLayer[],
  wanted: readonly ChosenShard[],
): Promise<void> {
  for (let k = 0; k < layers.length; k++) {
    const { layer } = layers[k]!;
    const alone = new Map(
      wanted.flatMap((one) => {
        const { parts, name } = one.shown;
        return parts.length === 1 && parts[0]!.layer === k ? [[name, one] as const] : [];
      }),
    );
    if (!layer.mirror || alone.size === 0) continue;
    const part = { source_id: layer.source_id, subdir };
    for (const { name, blob, signature } of await upstreamShards(db, part, layer.revision, [...alone.keys()])) {
      const one = alone.get(name)!;
      if (Buffer.compare(signature, one.entry.signature!) !== 0) continue;
      one.entry = { ...one.entry, upstream: true };
      one.blob = blob;
    }
  }
}

/** What a channel below shows of a name, and nothing else, is that channel's own shard, whoever wrote it. */
async function addShardsBelow(
  { db }: Pick<PublishDeps, 'db'>,
  layers: readonly JudgedLayer[],
  wanted: readonly ChosenShard[],
): Promise<void> {
  const heads = new Map(layers.flatMap(({ layer: { shownBy } }) => (shownBy ? [[shownBy.channel_id, shownBy]] : [])));
  for (const [id, { no }] of heads) {
    const isTheirs = ({ layer }: { layer: number }) => layers[layer]!.layer.shownBy?.channel_id === id;
    const alone = new Map(
      wanted.flatMap((one) => (one.shown.parts.every(isTheirs) ? [[one.entry.key, one] as const] : [])),
    );
    for (const { key, blob, signature } of await shardsAt(db, id, no, [...alone.keys()])) {
      const one = alone.get(key)!;
      if (!signature || Buffer.compare(signature, one.entry.signature!) !== 0) continue;
      one.entry = { ...one.entry, upstream: true };
      one.blob = blob;
    }
  }
}
