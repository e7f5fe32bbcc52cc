import type { Pool, PoolClient } from 'pg';
import { lockSpaces } from '../session.ts';

/** Locks on files that are being fetched, so that of many processes one does it. */
export interface FileLocks {
  /** Take the lock unless another process has it. Never waits for it. @returns whether it was taken. */
  tryLock(key: string): Promise<boolean>;
  /** Let go of a lock that was taken. */
  unlock(key: string): Promise<void>;
}

/**
 * Session locks by text, all on one connection, which is borrowed while any is held. They fall when it breaks: then two
 * processes may fetch one file, which is wasteful and harmless. One session may take a lock twice, so inside a process
 * the caller keeps its fetches apart.
 */
export function createFileLocks(pool: Pool): FileLocks {
  let client: PoolClient | undefined;
  let held = 0;
  let turn: Promise<unknown> = Promise.resolve();

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = turn.then(work);
    turn = result.catch(() => {});
    return result;
  }

  async function borrowed(): Promise<PoolClient> {
    if (client) return client;
    const fresh = await pool.connect();
    fresh.once('error', onBroken);
    client = fresh;
    return fresh;
  }

  function giveBack(used: PoolClient, broken: boolean): void {
    if (client !== used) return;
    client = undefined;
    held = 0;
    used.off('error', onBroken);
    used.release(broken);
  }

  /** A query that fails says so itself; this is for one that breaks while it lies idle here, its locks gone. */
  function onBroken(): void {
    if (client) giveBack(client, true);
  }

  async function ask(sql: string, key: string): Promise<boolean> {
    const session = await borrowed();
    try {
      const { rows } = await session.query<{ done: boolean }>(sql, [lockSpaces.file, key]);
      return rows[0]!.done;
    } catch (error) {
      giveBack(session, true);
      throw error;
    }
  }

  return {
    tryLock: (key) =>
      inTurn(async () => {
        const taken = await ask('select pg_try_advisory_lock($1, hashtext($2)) as done', key);
        if (taken) held++;
        else if (held === 0 && client) giveBack(client, false);
        return taken;
      }),
    unlock: (key) =>
      inTurn(async () => {
        if (!client) return;
        await ask('select pg_advisory_unlock($1, hashtext($2)) as done', key);
        held--;
        if (held <= 0 && client) giveBack(client, false);
      }),
  };
}
