import { enqueuePublication } from '@sluice/catalog';
import { outdatedChannels } from '@sluice/publish';
import type { Rooms } from '../compose.ts';

/** Ask for a publication of every channel whose head another version of Sluice made. Frozen ones stay as they are. */
export async function publishOutdated({ db, log }: Pick<Rooms, 'db' | 'log'>): Promise<void> {
  const channels = await outdatedChannels(db);
  for (const id of channels) await enqueuePublication(db, id, [{ text: 'upgrade', actor: null }]);
  if (channels.length > 0) log.info({ channels: channels.length }, 'channels are published again after an upgrade');
}
