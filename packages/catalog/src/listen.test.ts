import { createTestDatabase } from '@sluice/testkit';
import { afterAll, describe, expect, it } from 'vitest';
import { listen } from './listen.ts';

const database = await createTestDatabase({ isMigrated: false });
afterAll(() => database.close());

const notify = (channel: string, payload: string) =>
  database.pool.query('select pg_notify($1, $2)', [channel, payload]);
const listeners = async () => {
  const { rows } = await database.pool.query<{ pid: number }>(
    `select pid from pg_stat_activity where application_name = 'sluice listener' and datname = current_database()`,
  );
  return rows.map(({ pid }) => pid);
};

describe('listen', () => {
  it('hears its channels, comes back after a break and says so, and stops', async () => {
    const heard: string[] = [];
    const errors: Error[] = [];
    let reconnects = 0;
    const listener = await listen(database.config, ['token', 'Channel "x"'], {
      onNotify: (channel, payload) => heard.push(`${channel}=${payload}`),
      onReconnect: () => {
        reconnects++;
      },
      onError: (error) => errors.push(error),
    });
    await notify('token', 'a');
    await notify('Channel "x"', '');
    await notify('other', 'b');
    await expect.poll(() => heard).toEqual(['token=a', 'Channel "x"=']);

    for (const round of [1, 2]) {
      for (const pid of await listeners()) await database.pool.query('select pg_terminate_backend($1)', [pid]);
      await expect.poll(() => reconnects).toBe(round);
      await notify('token', `round ${round}`);
      await expect.poll(() => heard.at(-1)).toBe(`token=round ${round}`);
    }
    expect(errors.length).toBeGreaterThanOrEqual(2);

    await listener.close();
    await expect.poll(listeners).toEqual([]);
    await notify('token', 'late');
    expect(heard.at(-1)).toBe('token=round 2');
    expect(reconnects).toBe(2);
  });

  it('fails when the first connection does', async () => {
    const nowhere = { ...database.config, database: 'absent' };
    const failure = listen(nowhere, ['token'], { onNotify: () => {}, onReconnect: () => {} });
    await expect(failure).rejects.toMatchObject({ code: '3D000' });
  });
});
