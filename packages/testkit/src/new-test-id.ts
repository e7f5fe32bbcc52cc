import { randomNumbers } from './random-numbers.ts';
import { testSeed } from './test-seed.ts';

const next = randomNumbers(testSeed);

/** An id in the form of a UUID. They come in an order as chance would have it, for it decides between equals, but grow from the seed. */
export function newTestId(): string {
  const hex = Array.from({ length: 32 }, () => Math.floor(next() * 16).toString(16)).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
}
