import { channelsAbove, type Db, enqueuePublication } from '@sluice/catalog';

/** Queue the publications of the channels that stand on one whose head has moved. Those that are frozen have it wait there. */
export async function followBelow(trx: Db, channelId: number): Promise<void> {
  for (const { id } of await channelsAbove(trx, [channelId])) {
    await enqueuePublication(trx, id, [{ text: 'a channel below changed', actor: null }]);
  }
}
