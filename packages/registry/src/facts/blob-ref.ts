import type { BlobRow } from '@sluice/catalog';
import { bytesToHex, type Sha256 } from '@sluice/formats/digest';
import type { BlobRef } from '@sluice/storage';

/** A blob's row as storage wants it. */
export function blobRef(row: BlobRow): BlobRef {
  const pack = row.pack === null || row.pack_offset === null ? undefined : { id: row.pack, offset: row.pack_offset };
  return { sha256: bytesToHex(row.sha256) as Sha256, size: row.size, ...(pack && { pack }) };
}
