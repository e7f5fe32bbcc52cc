import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase, wakingTime } from '@sluice/testkit';
import { afterAll, afterEach, expect, test } from 'vitest';
import { isConnectionLoss } from './connection-loss.ts';
import { withFreeLock, withLock } from './session.ts';

const database = await createTestDatabase({ isMigrated: false });
afterAll(() => database.close());

let child: ChildProcess | undefined;
afterEach(() => void child?.kill('SIGKILL'));

/** A process that takes the lock of channel 1, is silent until it is told to go on, and then asks something. */
async function holdElsewhere(patience_ms = 1500): Promise<{ goOn: () => void; said: Promise<string> }> {
  const program = `
    import { connect } from '${new URL('./connect.ts', import.meta.url)}';
    import { isConnectionLoss } from '${new URL('./connection-loss.ts', import.meta.url)}';
    import { withLock } from '${new URL('./session.ts', import.meta.url)}';
    const { pool, close } = connect(${JSON.stringify(database.config)});
    const end = withLock(pool, 'channel', 1, async ({ client }) => {
      process.stdout.write('held ');
      await new Promise((resolve) => process.stdin.once('data', resolve));
      process.stdin.destroy();
      await client.query('select 1');
      return 'wrote';
    }, ${patience_ms});
    process.stdout.write(await end.catch((error) => (isConnectionLoss(error) ? 'lost' : String(error))));
    await close();`;
  child = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin!.on('error', () => {});
  let text = '';
  child.stdout!.on('data', (part) => {
    text += part;
  });
  const said = once(child, 'close').then(() => text);
  await expect.poll(() => text).toContain('held');
  return { goOn: () => void child!.stdin!.write('go on'), said };
}

test('a lock holds for as long as its holder lives, however long it asks nothing', async () => {
  // So patient that a machine that stands still for a while, and the holder with it, is not taken for one that sleeps.
  const { goOn, said } = await holdElsewhere(6000);
  const done: string[] = [];
  const next = withLock(database.pool, 'channel', 1, async () => void done.push('next'));
  await sleep(8000);
  expect(done).toEqual([]);
  goOn();
  await next;
  expect(await said).toBe('held wrote');
});

test('a lock falls when its holder sleeps; once it wakes it can write nothing', async () => {
  const { goOn, said } = await holdElsewhere();
  child!.kill('SIGSTOP');
  const passed = wakingTime();
  const looks = setInterval(passed, 50);
  await withLock(database.pool, 'channel', 1, async () => {});
  clearInterval(looks);
  expect(passed()).toBeLessThan(10_000);
  goOn();
  child!.kill('SIGCONT');
  expect(await said).toBe('held lost');
});

test('who does not wait finds a lock taken, and free once its holder sleeps', async () => {
  const take = () => withFreeLock(database.pool, 'channel', 1, async () => 'mine');
  await withLock(database.pool, 'channel', 1, async () => expect(await take()).toBeUndefined());
  await holdElsewhere();
  child!.kill('SIGSTOP');
  await expect.poll(take, { timeout: 60_000 }).toBe('mine');
});

test('a connection that had a lock may be silent for ever afterwards', async () => {
  await withLock(database.pool, 'channel', 1, async () => {});
  const { rows } = await database.pool.query('show idle_session_timeout');
  expect(rows).toEqual([{ idle_session_timeout: '0' }]);
});

test('the loss of the lock shows in the work', async () => {
  const lost = withLock(database.pool, 'channel', 1, async ({ client }) => {
    const { rows } = await client.query('select pg_backend_pid() as pid');
    await database.pool.query('select pg_terminate_backend($1)', [rows[0].pid]);
  }).catch((error: unknown) => error);
  expect(isConnectionLoss(await lost)).toBe(true);
});
