import { expect, test } from 'vitest';
import { createLoginLimit } from './login-limit.ts';

const start = new Date('2026-11-20T10:00:00Z');
const after = (seconds: number) => new Date(start.getTime() + seconds * 1000);

test('three wrong passwords lock nobody out, many wait, and the wait ends', () => {
  const limit = createLoginLimit();
  const tries = Array.from({ length: 12 }, () => limit.begin('admin', '10.0.0.1', start));
  expect(tries).toEqual([...Array(10).fill(undefined), 60, 60]);
  expect(limit.begin('admin', '10.0.0.1', after(59.5))).toBe(1);
  expect(limit.begin('admin', '10.0.0.1', after(60))).toBeUndefined();
});

test('failures elsewhere do not keep a name out', () => {
  const limit = createLoginLimit({ per_name: 1 });
  limit.begin('admin', '10.0.0.1', start);
  expect(limit.begin('ADMIN', '10.0.0.1', start)).toBe(60);
  expect(limit.begin('admin', '10.0.0.2', start)).toBeUndefined();
});

test('an address that tries many names waits', () => {
  const limit = createLoginLimit({ per_address: 3 });
  for (const name of ['a', 'b', 'c']) expect(limit.begin(name, '10.0.0.1', start)).toBeUndefined();
  expect(limit.begin('d', '10.0.0.1', start)).toBe(60);
});

test('a right password takes its try back', () => {
  const limit = createLoginLimit({ per_name: 2, per_address: 2 });
  for (let n = 0; n < 20; n += 1) {
    expect(limit.begin('ada', '10.0.0.1', start)).toBeUndefined();
    limit.succeeded('ada', '10.0.0.1', start);
  }
});

test('memory is bounded: the oldest windows go first', () => {
  const limit = createLoginLimit({ per_name: 1, per_address: 1000, remembered: 10 });
  for (let n = 0; n < 100; n += 1) limit.begin(`name-${n}`, '10.0.0.1', start);
  expect(limit.begin('name-99', '10.0.0.1', start)).toBe(60);
  expect(limit.begin('name-0', '10.0.0.1', start)).toBeUndefined();
});
