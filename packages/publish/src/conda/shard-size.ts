import { bucketKey, bucketOf, repodataBuckets } from '@sluice/formats/conda';
import type { ShownName } from '../select.ts';
import type { LoadedLayer } from '../selection.ts';

/** What a name's records take in repodata.json, each as `"<key>":<body>` and a comma, and how many stand in which map. */
export function sizeOf(layers: readonly LoadedLayer[], { parts }: ShownName): { bytes: number; buckets: number[] } {
  const counts = repodataBuckets.map(() => 0);
  let bytes = 0;
  for (const { layer, rows } of parts) {
    const { facts } = layers[layer]!;
    for (const row of rows) {
      const file = facts.file(row);
      const bucket = bucketOf(file, facts.v3[row] === 1);
      counts[repodataBuckets.indexOf(bucket)]!++;
      // File names are ASCII without anything that JSON would escape: quotes, colon and comma come to it.
      bytes += bucketKey(bucket, file).length + 4 + facts.length[row]!;
    }
  }
  return { bytes, buckets: counts };
}
