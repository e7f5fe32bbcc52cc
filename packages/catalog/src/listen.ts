import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { clientConfig, type DatabaseAddress } from './connect.ts';

/** What a listener does with what it hears. */
export interface ListenHandlers {
  onNotify(channel: string, payload: string): void;
  /** Called when listening again after a break: notifications were missed, so flush what they would have changed. */
  onReconnect(): void;
  /** Called when the connection broke or could not be made again; it is tried for ever. */
  onError?(error: Error): void;
}

const firstPause_ms = 100;
const longestPause_ms = 5_000;
const checkEvery_ms = 10_000;

/**
 * LISTEN on a connection of its own, for as long as the process lives: a broken connection is made again (after 0.1 s,
 * then up to 5 s apart), and one that no longer answers is found within 20 s.
 *
 * @returns once listening; `close` stops it.
 * @throws what `pg` throws when the first connection fails.
 */
export async function listen(
  address: DatabaseAddress,
  channels: readonly string[],
  handlers: ListenHandlers,
): Promise<{ close(): Promise<void> }> {
  const closing = new AbortController();
  let client = await openListener(address, channels, handlers);
  const follow = async () => {
    while (!closing.signal.aborted) {
      const error = await untilBroken(client, closing.signal);
      if (closing.signal.aborted) return;
      handlers.onError?.(error);
      for (let pause = firstPause_ms; ; pause = Math.min(pause * 2, longestPause_ms)) {
        await sleep(pause, undefined, { signal: closing.signal }).catch(() => {});
        if (closing.signal.aborted) return;
        try {
          client = await openListener(address, channels, handlers);
          break;
        } catch (error) {
          handlers.onError?.(error as Error);
        }
      }
      handlers.onReconnect();
    }
  };
  const following = follow();
  return {
    close: async () => {
      closing.abort();
      await following;
      await client.end().catch(() => {});
    },
  };
}

async function openListener(
  address: DatabaseAddress,
  channels: readonly string[],
  handlers: ListenHandlers,
): Promise<pg.Client> {
  const client = new pg.Client({
    ...clientConfig(address),
    application_name: 'sluice listener',
    connectionTimeoutMillis: 10_000,
    query_timeout: 10_000,
  });
  client.on('error', () => {});
  client.on('notification', ({ channel, payload }) => handlers.onNotify(channel, payload ?? ''));
  try {
    await client.connect();
    for (const channel of channels) await client.query(`listen ${client.escapeIdentifier(channel)}`);
  } catch (error) {
    await client.end().catch(() => {});
    throw error;
  }
  return client;
}

/** Resolve with the reason when the connection ends or stops answering, or when told to close. */
async function untilBroken(client: pg.Client, closing: AbortSignal): Promise<Error> {
  const broken = new AbortController();
  const end = AbortSignal.any([broken.signal, closing]);
  client.once('error', (error) => broken.abort(error));
  client.once('end', () => broken.abort(new Error('The connection to the database was closed.')));
  while (!end.aborted) {
    await sleep(checkEvery_ms, undefined, { signal: end }).catch(() => {});
    if (end.aborted) break;
    await client.query('select').catch((error: Error) => broken.abort(error));
  }
  if (broken.signal.aborted && !closing.aborted) client.end().catch(() => {});
  return broken.signal.reason as Error;
}
