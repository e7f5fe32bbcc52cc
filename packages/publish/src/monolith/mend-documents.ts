import { findChannelById } from '@sluice/catalog';
import { PublishError } from '../errors.ts';
import { unsoundDocuments } from '../unsound-blobs.ts';
import type { MonolithDeps } from './monolith-deps.ts';
import { writeMonolith } from './write-monolith.ts';

/**
 * Write those documents of a channel again whose bytes are gone, cut or others than they were. Reads all of them.
 *
 * @returns how many there were; `busy` when documents are being written: ask again. None where the records are not those any more that
 *   the documents were made of: what follows the next publication is made of the new ones.
 */
export async function mendDocuments(deps: MonolithDeps, channelId: number): Promise<number | 'busy'> {
  const channel = await findChannelById(deps.db, channelId);
  const keys = channel ? await unsoundDocuments(deps, channelId, channel.monolith_no) : [];
  if (!channel || keys.length === 0) return 0;
  try {
    const { status } = await writeMonolith(deps, channelId, channel.monolith_no, keys);
    return status === 'busy' ? 'busy' : keys.length;
  } catch (error) {
    if (error instanceof PublishError) return 0;
    throw error;
  }
}
