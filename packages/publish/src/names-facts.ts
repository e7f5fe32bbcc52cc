import { type CopyBatch, copyOut, copyRecordsOf, withSession } from '@sluice/catalog';
import type { PatchInstructions } from '@sluice/formats/conda';
import { addRecords, type Facts, factsBuilder } from '@sluice/policy';
import type { PublishDeps } from './deps.ts';
import type { RuledLayer } from './layers.ts';
import { patchedThrough, type ShownText } from './shown-text.ts';

/**
 * The facts of a few package names, read from their records and nothing else: as quick with a cold memory as with a warm
 * one. The texts come along, since most of them are written next.
 *
 * @param patches of the channels they are seen through, the lowest first.
 */
export async function factsOfNames(
  { pool }: Pick<PublishDeps, 'pool'>,
  { source_id, revision }: Pick<RuledLayer, 'source_id' | 'revision'>,
  subdir: string,
  names: readonly string[],
  patches: readonly PatchInstructions[],
): Promise<{ facts: Facts; texts: Map<string, ShownText> }> {
  const builder = factsBuilder(subdir);
  const texts = new Map<string, ShownText>();
  if (names.length === 0) return { facts: builder.build(), texts };
  await withSession(pool, async ({ client }) => {
    for await (const rows of copyOut(client, copyRecordsOf({ source_id, subdir }, revision, names))) {
      for (let i = 0; i < rows.length; i++) {
        const { file, from_rev, ...text } = rowOf(rows, i);
        const shown = patchedThrough(patches, { file, ...text });
        if (!shown) continue;
        texts.set(file, shown);
        addRecords(builder, [{ file, from_rev, to_rev: null, ...shown }]);
      }
    }
  });
  return { facts: builder.build(), texts };
}

/** A row of `copyRecordsOf`; its texts lie in the batch. */
export function rowOf(rows: CopyBatch, i: number): ShownText & { file: string; from_rev: number } {
  return {
    file: rows.text(i, 0)!,
    from_rev: rows.integer(i, 1)!,
    body: rows.bytes(i, 2)!,
    v3: rows.boolean(i, 3)!,
    extra: rows.bytes(i, 4),
    signatures: rows.bytes(i, 5),
  };
}
