import { createHash } from 'node:crypto';
import type { LayerDefinition } from '@sluice/policy';
import type { Db } from '../session.ts';
import type { BlobRow } from './blob.ts';

/** A mirror's layer: its source at a revision, and what decides over it. */
export interface LayerState {
  sourceId: number;
  revision: number;
  definition: LayerDefinition;
}

/** Where the files lie that come along with what a layer's filters choose, if that was worked out before. */
export async function findNeededFiles(
  db: Db,
  layer: LayerState,
): Promise<(BlobRow & { unpacked_bytes: number }) | undefined> {
  return db
    .selectFrom('needed_files')
    .innerJoin('blob', 'blob.sha256', 'needed_files.blob')
    .select(['needed_files.unpacked_bytes', 'blob.sha256', 'blob.size', 'blob.pack', 'blob.pack_offset'])
    .where('source_id', '=', layer.sourceId)
    .where('revision', '=', layer.revision)
    .where('rules', '=', digestOf(layer))
    .executeTakeFirst();
}

/** Where the lines of their report lie, and its sums; undefined where nobody asked for one. */
export async function findDependencyLines(
  db: Db,
  layer: LayerState,
): Promise<(BlobRow & { unpacked_bytes: number; summary: Record<string, unknown> }) | undefined> {
  const row = await db
    .selectFrom('needed_files')
    .innerJoin('blob', 'blob.sha256', 'needed_files.lines')
    .select(['lines_bytes', 'summary', 'blob.sha256', 'blob.size', 'blob.pack', 'blob.pack_offset'])
    .where('source_id', '=', layer.sourceId)
    .where('revision', '=', layer.revision)
    .where('rules', '=', digestOf(layer))
    .executeTakeFirst();
  if (!row || row.lines_bytes === null || row.summary === null) return undefined;
  const { lines_bytes: unpacked_bytes, summary, ...blob } = row;
  return { ...blob, unpacked_bytes, summary };
}

/** Remember them: `blob` holds them, so many bytes when unpacked. Worked out twice at once, they are the same; where they were lost, these hold. */
export async function insertNeededFiles(
  db: Db,
  layer: LayerState,
  names: { blob: Uint8Array; unpacked_bytes: number; lines?: Uint8Array; lines_bytes?: number; summary?: string },
): Promise<void> {
  await db
    .insertInto('needed_files')
    .values({ source_id: layer.sourceId, revision: layer.revision, rules: digestOf(layer), ...names })
    .onConflict((conflict) => conflict.columns(['source_id', 'revision', 'rules']).doUpdateSet(names))
    .execute();
}

function digestOf({ definition }: LayerState): Buffer {
  return createHash('sha256').update(JSON.stringify(definition)).digest();
}
