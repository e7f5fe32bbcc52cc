import { enqueueMonolith, findChannelById, findPublicationSource } from '@sluice/catalog';
import { completePublishedRuns, failUndocumentedRuns } from '@sluice/mirror';
import { bringProjectList, type MonolithOutcome, PublishError, writeMonolith } from '@sluice/publish';
import type { Rooms } from '../compose.ts';
import type { Log } from '../log.ts';

/** Documents of up to so many records are written with the head, in a second or two; more are a job of their own. */
const atOnceUpTo = 50_000;

/** Until a channel whose documents are being written is tried again. */
const BUSY_MS = 500;

/** Have the documents of a channel follow its head, now if it is small, else by a job. It does nothing where they did. */
export async function followHead(rooms: Rooms, channelId: number, log: Log): Promise<void> {
  const channel = await findChannelById(rooms.db, channelId);
  if (channel && channel.monolith_no < channel.head_no) {
    const head = await findPublicationSource(rooms.db, channelId, channel.head_no);
    if (head && head.files > atOnceUpTo) return enqueueMonolith(rooms.db, channelId);
  }
  await catchUp(rooms, channelId, log);
}

/**
 * Write the documents of a channel's head, and complete the mirror runs that waited for them.
 *
 * @throws {PublishError} when they cannot be written, whoever tries again; these runs have failed then.
 */
export async function catchUp(rooms: Rooms, channelId: number, log: Log): Promise<MonolithOutcome> {
  const outcome = await writeMonolith(rooms, channelId).catch(async (error: unknown) => {
    if (error instanceof PublishError) await failUndocumentedRuns(rooms, channelId, error);
    throw error;
  });
  if (outcome.status !== 'busy') await bringProjectList(rooms, channelId);
  log[outcome.status === 'written' ? 'info' : 'debug']({ channel_id: channelId, ...outcome }, 'documents');
  if (outcome.status === 'busy') await enqueueMonolith(rooms.db, channelId, new Date(Date.now() + BUSY_MS));
  else await completePublishedRuns(rooms, channelId);
  return outcome;
}
