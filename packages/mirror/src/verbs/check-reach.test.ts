import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createSourceGuard } from '../fetch/source-guard.ts';
import { parseSourceRules } from '../fetch/source-rules.ts';
import { parseSourceAddress } from '../source-address.ts';
import { checkReach } from './check-reach.ts';

const guard = createSourceGuard(parseSourceRules(undefined, '/nowhere/airgap'), [8080], {
  lookup: async (host) => {
    if (host === 'slow.example') await sleep(20);
    if (host === 'gone.example') throw new Error('ENOTFOUND');
    return [{ address: host === 'sneaky.example' ? '127.0.0.1' : '93.184.216.34', family: 4 }];
  },
  ownAddresses: () => new Set(),
});
const check = (source: string, proxy: string) => checkReach(guard, parseSourceAddress(source, proxy));

test('a proxy that is not there is let through, also when that is known before the source is', async () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown) => void unhandled.push(error);
  process.on('unhandledRejection', note);
  try {
    await check('http://slow.example/c', 'http://gone.example:3128');
    await check('http://gone.example/c', 'http://gone.example:3128');
  } finally {
    process.off('unhandledRejection', note);
  }
  expect(unhandled).toEqual([]);
});

test.each([
  ['http://slow.example/c', 'http://sneaky.example:3128'],
  ['http://sneaky.example/c', 'http://gone.example:3128'],
  ['http://sneaky.example/c', 'http://sneaky.example:3128'],
])('%s by %s is refused', async (source, proxy) => {
  await expect(check(source, proxy)).rejects.toMatchObject({ code: 'source_refused' });
});
