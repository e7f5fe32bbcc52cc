import { copyOut, copySignatures, shardsAt, withSession } from '@sluice/catalog';
import type { PublishDeps } from './deps.ts';
import { type WordSet, wordSet } from './monolith/word-set.ts';
import type { Touched } from './touched.ts';

/** The words of the records that publication `no` of a channel lists in one part under the touched names. */
export async function wordsAt(
  { db, pool }: Pick<PublishDeps, 'db' | 'pool'>,
  { channel_id, no }: { channel_id: number; no: number },
  part: string,
  touched: Touched,
): Promise<WordSet> {
  const signatures: Uint8Array[] = [];
  if (touched === 'all') {
    await withSession(pool, async ({ client }) => {
      for await (const batch of copyOut(client, copySignatures(channel_id, part, no))) {
        // Copied: the batch is used again.
        for (let i = 0; i < batch.length; i++) signatures.push(Uint8Array.from(batch.bytes(i, 0) ?? []));
      }
    });
  } else {
    const keys = Array.from(touched, (name) => `${part}/${name}`);
    for (const { signature } of await shardsAt(db, channel_id, no, keys)) if (signature) signatures.push(signature);
  }
  const words = wordSet(signatures.reduce((sum, { byteLength }) => sum + byteLength / 8, 0));
  for (const signature of signatures) words.add(signature);
  return words;
}
