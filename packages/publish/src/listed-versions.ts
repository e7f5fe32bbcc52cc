import {
  copyOut,
  copyOutInOrder,
  copyVersionsAfter,
  findPublicationSource,
  type PublicationInput,
  publishedSubdirs,
  shardsAt,
  shardTotals,
} from '@sluice/catalog';
import { fileRange, packageTypeOf } from '@sluice/formats/package';
import { type Facts, hexAt } from '@sluice/policy';
import type { ReadingDeps } from './deps.ts';
import { belowName } from './layers.ts';
import { patchedVersion, versionFacts } from './listed-version.ts';
import { listedWords } from './monolith/subdir-content.ts';
import { type WordSet, wordSet } from './monolith/word-set.ts';
import { patchesAt } from './patches.ts';
import { signatureWord } from './select.ts';

/** A file that a publication lists: its record as it came, and what that promises of the bytes (hex, lower case; bytes). */
export interface ListedFileVersion {
  source_id: number;
  file: string;
  from_rev: number;
  body: Uint8Array;
  v3: boolean;
  extra: Uint8Array | null;
  signatures: Uint8Array | null;
  expected: { sha256?: string; md5?: string; size?: number };
}

/** Which files: those of one part that a kept publication lists of the channel's own layers. */
export interface ListedWish {
  channelId: number;
  no: number;
  part: string;
  /** Files before and including this one are passed over; empty for none. */
  after: string;
  /** Only of these layers (ids of mirrors); of all that are the channel's own when left out. */
  layers?: readonly string[] | undefined;
  /** Only of these package names; of all when left out. */
  names?: readonly string[] | undefined;
}

/** The parts of which a kept publication lists anything, in byte order. */
export async function publishedParts(deps: Pick<ReadingDeps, 'db'>, channelId: number, no: number): Promise<string[]> {
  return (await publishedSubdirs(deps.db, channelId, no)).map(({ subdir }) => subdir);
}

/** Rows whose facts are read at once. */
const portion = 1000;

/**
 * The files that a publication lists and that the channel has of its own, uploads and mirrors, in byte order of their keys, some at
 * a time; what channels below bring is theirs. They are told by the words in the shards' signatures, as `write-monolith.ts`
 * does, so no rule is asked. Records are given as they came: patches decide only which of them are listed.
 */
export async function* listedVersions(deps: ReadingDeps, wish: ListedWish): AsyncGenerator<ListedFileVersion[]> {
  const { channelId, no, part } = wish;
  const source = await findPublicationSource(deps.db, channelId, no);
  if (!source) return;
  const words = await wishedWords(deps, wish);
  const ranges = wish.names?.map((name) => fileRange(packageTypeOf(part), name));
  const own = ownInputs(source, wish.layers);
  if (own.length === 0) return;
  const patch = await (await patchesAt(deps.db, channelId, source.patch_rev)).of(part);
  const parts = own.map(({ source_id, revision }) => ({ source_id, subdir: part, revision }));

  function listedOf(rows: Omit<ListedFileVersion, 'expected'>[]): ListedFileVersion[] {
    const shown = rows.map((row) => patchedVersion(patch, { ...row, to_rev: null }));
    const seen = shown.flatMap((version, i) => (version ? [{ version, row: rows[i]! }] : []));
    const facts = versionFacts(
      part,
      seen.map(({ version }) => version),
    );
    return seen.flatMap(({ row }, i) => {
      const word = signatureWord(facts, i);
      const view = new DataView(word.buffer, word.byteOffset, 8);
      if (!words.take(view.getUint32(0, true), view.getUint32(4, true))) return [];
      return [{ ...row, expected: expectedOf(facts, i) }];
    });
  }

  const client = await deps.pool.connect();
  let finished = false;
  try {
    let rows: Omit<ListedFileVersion, 'expected'>[] = [];
    // Some names are looked up one by one, and sorted; all files lie in order already.
    const read = ranges ? copyOut : copyOutInOrder;
    for await (const batch of read(client, copyVersionsAfter(parts, wish.after, ranges))) {
      for (let i = 0; i < batch.length; i++) {
        rows.push({
          source_id: parts[batch.integer(i, 6)!]!.source_id,
          file: batch.text(i, 0)!,
          from_rev: batch.integer(i, 1)!,
          // Kept beyond the batch, whose memory is used again.
          body: Buffer.from(batch.bytes(i, 2)!),
          v3: batch.boolean(i, 3)!,
          extra: copied(batch.bytes(i, 4)),
          signatures: copied(batch.bytes(i, 5)),
        });
        if (rows.length < portion) continue;
        yield listedOf(rows);
        rows = [];
      }
    }
    finished = true;
    if (rows.length > 0) yield listedOf(rows);
  } finally {
    // A connection left in the middle of a COPY is of no further use.
    client.release(!finished);
  }
}

/** What of a publication's sources is the channel's own; of these layers (ids of mirrors) where they are named. */
export function ownInputs(
  { inputs }: { inputs: readonly PublicationInput[] },
  layers: readonly string[] | undefined,
): PublicationInput[] {
  return inputs.filter(({ layer }) => (layers ? layers.includes(layer) : !layer.startsWith(belowName(''))));
}

/** What a record promises of its file's bytes. */
export function expectedOf(facts: Facts, i: number): ListedFileVersion['expected'] {
  const sha256 = hexAt(facts.digests, 'sha256', i);
  const md5 = hexAt(facts.digests, 'md5', i);
  const size = facts.size[i]!;
  return {
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(md5 === undefined ? {} : { md5 }),
    ...(Number.isNaN(size) ? {} : { size }),
  };
}

/** The words of what the publication lists, of the names that are asked for. */
async function wishedWords(deps: ReadingDeps, { channelId, no, part, names }: ListedWish): Promise<WordSet> {
  if (names) {
    const keys = names.map((name) => `${part}/${name}`);
    const signatures = (await shardsAt(deps.db, channelId, no, keys)).flatMap(({ signature }) => signature ?? []);
    const words = wordSet(signatures.reduce((sum, { length }) => sum + length / 8, 0));
    for (const signature of signatures) words.add(signature);
    return words;
  }
  const { buckets } = await shardTotals(deps.db, channelId, part, no);
  return listedWords(deps, { channelId, subdir: part, no, counts: buckets });
}

function copied(bytes: Buffer | null): Buffer | null {
  return bytes && Buffer.from(bytes);
}
