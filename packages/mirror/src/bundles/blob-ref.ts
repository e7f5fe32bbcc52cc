import type { BlobRow } from '@sluice/catalog';
import { bytesToHex } from '@sluice/formats/digest';
import type { BundleDeps } from './deps.ts';

/** A blob's row as the reference that storage wants. */
export function blobRefOf(row: BlobRow): Parameters<BundleDeps['storage']['read']>[0] {
  const { size, pack, pack_offset: offset } = row;
  const sha256 = bytesToHex(row.sha256) as ReturnType<typeof blobRefOf>['sha256'];
  return { sha256, size, ...(pack !== null && offset !== null && { pack: { id: pack, offset } }) };
}
