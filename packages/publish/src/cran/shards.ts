import { writeRShard } from '@sluice/formats/cran';
import { plainSizes } from '../plain-sizes.ts';
import type { ShardFormat } from '../shard-format.ts';

/** What a publication keeps of an R package in one tree. Clients read PACKAGES, which is made of the same records. */
export const rShards: ShardFormat = {
  encode: (name, records) =>
    writeRShard(
      name,
      records
        .map(({ file, body, extra }) => ({ file, body: textOf(body), extra: extra && textOf(extra) }))
        .sort((a, b) => (a.file < b.file ? -1 : 1)),
    ),
  sizeOf: plainSizes,
};

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}
