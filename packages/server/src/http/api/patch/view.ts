import type { PatchRow } from '@sluice/catalog';
import type { z } from 'zod';
import type { PatchList } from './schema.ts';

/** The patch documents of a channel. */
export function patchListView(patchRev: number, rows: readonly PatchRow[]): z.output<typeof PatchList> {
  return {
    patch_rev: patchRev,
    items: rows.map(({ subdir, sha256, bytes, created_at, created_by }) => ({
      ...{ subdir, bytes, created_by },
      sha256: Buffer.from(sha256).toString('hex'),
      created_at: created_at.toISOString(),
    })),
  };
}
