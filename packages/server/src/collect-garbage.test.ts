import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { collectGarbage } from './collect-garbage.ts';

test('what nobody holds is gone, and the function of the engine is nowhere to be seen', async () => {
  const held = { what: 'stays' };
  const left = new WeakRef({ what: 'goes' });
  const kept = new WeakRef(held);
  await setImmediate();
  collectGarbage();
  expect(left.deref()).toBeUndefined();
  expect(kept.deref()).toBe(held);
  expect(globalThis.gc).toBeUndefined();
});
