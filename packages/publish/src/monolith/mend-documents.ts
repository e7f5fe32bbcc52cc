import { documentsAt, findChannelById } from '@sluice/catalog';
import { bytesToHex } from '@sluice/formats/digest';
import { PublishError } from '../errors.ts';
import { unsoundDocuments } from '../unsound-blobs.ts';
import type { MonolithDeps } from './monolith-deps.ts';
import { writeMonolith } from './write-monolith.ts';

/**
 * Write the documents of a channel again, of its records alone. Reads all that are there.
 *
 * @returns how many were gone, cut or others than they are now; `busy` when documents are being written: ask again. None where the
 *   records are not those any more that the documents were made of: what follows the next publication is made of the new ones.
 */
export async function mendDocuments(deps: MonolithDeps, channelId: number): Promise<number | 'busy'> {
  const channel = await findChannelById(deps.db, channelId);
  if (!channel || channel.monolith_no === 0) return 0;
  const no = channel.monolith_no;
  const lost = await unsoundDocuments(deps, channelId, no);
  const before = await digestsOf(deps, channelId, no);
  const isWritten = async (keys: readonly string[]) => {
    try {
      return (await writeMonolith(deps, channelId, no, keys)).status;
    } catch (error) {
      if (error instanceof PublishError) return undefined;
      throw error;
    }
  };
  // Where the records of one subdir are others now, documents of the others that are lost can be written all the same.
  const status = (await isWritten([...before.keys()])) ?? (lost.length > 0 ? await isWritten(lost) : undefined);
  if (status === 'busy') return 'busy';
  if (status !== 'written') return 0;
  const after = await digestsOf(deps, channelId, no);
  return [...after].filter(([key, digest]) => lost.includes(key) || before.get(key) !== digest).length;
}

/** The digests of the documents of a publication, in hex, by their keys. */
async function digestsOf({ db }: MonolithDeps, channelId: number, no: number): Promise<Map<string, string>> {
  const { rows } = await documentsAt(db, channelId, no);
  return new Map(rows.flatMap(({ key, kind, sha256 }) => (kind === 'document' ? [[key, bytesToHex(sha256)]] : [])));
}
