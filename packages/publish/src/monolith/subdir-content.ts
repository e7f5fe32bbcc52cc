import type { PublicationSource, ShardCount } from '@sluice/catalog';
import type { PatchInstructions } from '@sluice/formats/conda';
import { PublishError } from '../errors.ts';

/** The maps of an index and how they are told, in the order of the document. */
export const maps = [
  { bucket: 'packages', ending: '.tar.bz2', v3: false },
  { bucket: 'packages.conda', ending: '.conda', v3: false },
  { bucket: 'v3.conda', ending: '.conda', v3: true },
  { bucket: 'v3.tar.bz2', ending: '.tar.bz2', v3: true },
] as const;

/** What one subdir of one publication is made of, and how much that is. */
export interface SubdirContent {
  subdir: string;
  /** The layers' revisions, the first on top. */
  inputs: PublicationSource['inputs'];
  patches: PatchInstructions | undefined;
  signatures: Uint8Array[];
  records: number;
  /** Records in each of {@link maps}. */
  counts: number[];
  /** What the members of all maps take, a comma after each. */
  memberBytes: number;
}

/**
 * Sum up the shards of a subdir.
 *
 * @throws {PublishError} `monolith_uncounted` for shards of a version that did not note what is in them.
 */
export function subdirContent(
  subdir: string,
  { inputs }: Pick<PublicationSource, 'inputs'>,
  patches: PatchInstructions | undefined,
  shards: readonly ShardCount[],
): SubdirContent {
  const counts = maps.map(() => 0);
  const signatures: Uint8Array[] = [];
  let [records, memberBytes] = [0, 0];
  for (const { key, signature, buckets, files, bytes } of shards) {
    if (!signature || !buckets) {
      throw new PublishError(
        'monolith_uncounted',
        `The publication does not say what is in the shard ${key}: publish the channel again.`,
        { wanted: 'a signature and counts', found: 'none' },
      );
    }
    signatures.push(signature);
    buckets.forEach((count, map) => {
      counts[map]! += count;
    });
    records += files;
    memberBytes += bytes;
  }
  return { subdir, inputs, patches, signatures, records, counts, memberBytes };
}
