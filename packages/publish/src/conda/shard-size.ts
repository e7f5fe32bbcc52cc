import type { RepodataBucket } from '@sluice/formats/conda';
import type { ShownName } from '../select.ts';
import type { LoadedLayer } from '../selection.ts';

/** The maps of repodata.json, in the order in which an entry counts them. */
const buckets: readonly RepodataBucket[] = ['packages', 'packages.conda', 'v3.conda', 'v3.tar.bz2'];

/** The map a file stands in. */
export function bucketOf(file: string, v3: boolean): RepodataBucket {
  const isConda = file.endsWith('.conda');
  if (v3) return isConda ? 'v3.conda' : 'v3.tar.bz2';
  return isConda ? 'packages.conda' : 'packages';
}

/** The key a file has in its map: in those of v3 without its ending. */
function keyOf(file: string, bucket: RepodataBucket): string {
  return bucket.startsWith('v3.') ? file.slice(0, -(bucket.length - 'v3'.length)) : file;
}

/** What a name's records take in repodata.json, each as `"<key>":<body>` and a comma, and how many stand in which map. */
export function sizeOf(layers: readonly LoadedLayer[], { parts }: ShownName): { bytes: number; buckets: number[] } {
  const counts = buckets.map(() => 0);
  let bytes = 0;
  for (const { layer, rows } of parts) {
    const { facts } = layers[layer]!;
    for (const row of rows) {
      const file = facts.file(row);
      const bucket = bucketOf(file, facts.v3[row] === 1);
      counts[buckets.indexOf(bucket)]!++;
      // File names are ASCII without anything that JSON would escape: quotes, colon and comma come to it.
      bytes += keyOf(file, bucket).length + 4 + facts.length[row]!;
    }
  }
  return { bytes, buckets: counts };
}
