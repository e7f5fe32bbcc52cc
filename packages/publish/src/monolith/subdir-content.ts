import { copyOut, copySignatures, type PublicationSource, shardTotals, withSession } from '@sluice/catalog';
import type { PatchInstructions } from '@sluice/formats/conda';
import { PublishError } from '../errors.ts';
import { patchesAt } from '../patches.ts';
import type { MonolithDeps } from './monolith-deps.ts';
import { type WordSet, wordSet } from './word-set.ts';

/** The maps of an index and how they are told, in the order of the document. */
export const maps = [
  { bucket: 'packages', ending: '.tar.bz2', v3: false },
  { bucket: 'packages.conda', ending: '.conda', v3: false },
  { bucket: 'v3.conda', ending: '.conda', v3: true },
  { bucket: 'v3.tar.bz2', ending: '.tar.bz2', v3: true },
] as const;

/** One source at the revision that a publication was made from, and the patches its records are seen through, in their order. */
export interface ContentPart {
  source_id: number;
  revision: number;
  patches: readonly PatchInstructions[];
}

/** What one part of one publication, mostly a conda subdir, is made of, and how much that is. */
export interface SubdirContent {
  channelId: number;
  /** Of the publication. */
  no: number;
  subdir: string;
  /** What it was made from, the first on top. */
  parts: ContentPart[];
  /** Records in each of {@link maps}. */
  counts: number[];
  /** What the members of all maps take, a comma after each. */
  memberBytes: number;
}

/** The same with the words of the records it lists; a pass takes them out. */
export interface WordedContent extends SubdirContent {
  words: WordSet;
}

/**
 * What the shards of a subdir say of it.
 *
 * @throws {PublishError} `monolith_uncounted` for shards of a version that did not note what is in them.
 */
export async function subdirContent(
  { db }: Pick<MonolithDeps, 'db'>,
  channelId: number,
  subdir: string,
  { no, inputs }: PublicationSource,
  patches: PatchInstructions | undefined,
): Promise<SubdirContent> {
  const { uncounted, buckets, bytes } = await shardTotals(db, channelId, subdir, no);
  if (uncounted > 0) {
    throw new PublishError(
      'monolith_uncounted',
      `Publication ${no} does not say what is in ${uncounted} shards of ${subdir}: have the channel made anew (sluice channel reindex).`,
      { wanted: 'signatures and counts', found: `none for ${uncounted} shards` },
    );
  }
  const parts = await contentParts(db, subdir, inputs, patches);
  return { channelId, no, subdir, parts, counts: buckets, memberBytes: bytes };
}

/** Read the words of what a publication lists of a part, of so many records in its maps. */
export async function listedWords(
  { pool }: Pick<MonolithDeps, 'pool'>,
  { channelId, subdir, no, counts }: Pick<SubdirContent, 'channelId' | 'subdir' | 'no' | 'counts'>,
): Promise<WordSet> {
  const words = wordSet(counts.reduce((sum, count) => sum + count, 0));
  await withSession(pool, async ({ client }) => {
    for await (const batch of copyOut(client, copySignatures(channelId, subdir, no))) {
      for (let i = 0; i < batch.length; i++) words.add(batch.bytes(i, 0)!);
    }
  });
  return words;
}

/** What a part is made of, with its words. */
export async function withWords(deps: Pick<MonolithDeps, 'pool'>, content: SubdirContent): Promise<WordedContent> {
  return { ...content, words: await listedWords(deps, content) };
}

async function contentParts(
  db: MonolithDeps['db'],
  subdir: string,
  inputs: PublicationSource['inputs'],
  own: PatchInstructions | undefined,
): Promise<ContentPart[]> {
  const parts = new Map<string, ContentPart>();
  for (const { source_id, revision, patches = [] } of inputs) {
    // Two channels below may show one source alike.
    const key = JSON.stringify([source_id, revision, patches]);
    if (parts.has(key)) continue;
    const through: (PatchInstructions | undefined)[] = [];
    for (const { channel_id, patch_rev } of patches) {
      through.push(await (await patchesAt(db, channel_id, patch_rev)).of(subdir));
    }
    parts.set(key, { source_id, revision, patches: [...through, own].filter((patch) => patch !== undefined) });
  }
  return [...parts.values()];
}
