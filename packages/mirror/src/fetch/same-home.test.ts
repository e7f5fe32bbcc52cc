import { expect, test } from 'vitest';
import { isSameHome } from './same-home.ts';

test.each([
  ['http://host/a', 'http://host/b', true],
  ['https://host:8443/a', 'https://host:8443/b', true],
  ['http://host/a', 'https://host/a', true],
  ['https://host/a', 'http://host/a', false],
  ['http://host:8080/a', 'https://host/a', false],
  ['http://host/a', 'https://host:8443/a', false],
  ['http://host/a', 'https://other/a', false],
  ['http://host/a', 'https://host.evil/a', false],
  ['https://host/a', 'https://host:8443/a', false],
])('%s to %s: %s', (home, to, same) => {
  expect(isSameHome(new URL(home), new URL(to))).toBe(same);
});
