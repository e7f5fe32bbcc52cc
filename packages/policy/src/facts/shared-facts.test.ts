import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { factsBuilder } from './builder.ts';
import { encodeColumns, readColumns } from './columns.ts';
import { handOnFacts, sharedFacts } from './shared-facts.ts';

const columns = encodeColumns(factsBuilder('noarch').build());

/** @returns whether they had to be read. */
async function ask(key: string): Promise<boolean> {
  let isRead = false;
  await sharedFacts(key, async () => {
    isRead = true;
    return readColumns(columns);
  });
  return isRead;
}

/** Everything goes that nobody holds. */
async function collect(): Promise<void> {
  // What was looked at in this turn stays until the next.
  await nextTurn();
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  setFlagsFromString('--no-expose-gc');
}

async function handOn(key: string): Promise<() => void> {
  return handOnFacts((await sharedFacts(key, async () => readColumns(columns)))!);
}

it('nothing is held that nobody uses', async () => {
  expect(await ask('left')).toBe(true);
  expect(await ask('left')).toBe(false);
  await collect();
  expect(await ask('left')).toBe(true);
});

it('what is handed on is held until it is asked for once', async () => {
  await handOn('taken');
  await collect();
  expect(await ask('other')).toBe(true);
  await collect();
  expect(await ask('taken')).toBe(false);
  await collect();
  expect(await ask('taken')).toBe(true);
});

it('or until its time is over, or others are handed on', async () => {
  const letGo = await handOn('late');
  letGo();
  await collect();
  expect(await ask('late')).toBe(true);
  const letEarlierGo = await handOn('earlier');
  await handOn('later');
  letEarlierGo();
  await collect();
  expect(await ask('earlier')).toBe(true);
  expect(await ask('later')).toBe(false);
});
