import { expect, test } from 'vitest';
import { cursorText, readCursor } from './cursor.ts';

test('a cursor is read back as it was', () => {
  const cursor = { no: 7, key: 'linux-64/a', file: 'a-1-0.conda' };
  expect(readCursor(cursorText(cursor))).toEqual(cursor);
});

test.each([
  { no: 2 ** 31, key: 'linux-64/a', file: '' },
  { no: -1, key: 'linux-64/a', file: '' },
  { no: 1, key: 'linux-64/a\0', file: '' },
])('no page ever gave %j, which no database takes', (cursor) => {
  expect(readCursor(cursorText(cursor))).toBeUndefined();
});
