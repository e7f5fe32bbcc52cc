import { expect, test } from 'vitest';
import { mediumError, StorageError } from './errors.ts';

test.each([
  ['ENOSPC', 'disk_full'],
  ['EDQUOT', 'disk_full'],
  ['ENOENT', 'blob_missing'],
  ['EIO', 'storage_io'],
  [undefined, 'storage_io'],
])('the system says %s: %s', (system, code) => {
  const cause = Object.assign(new Error('from the system'), system === undefined ? {} : { code: system });
  expect(mediumError(cause, 'testing')).toMatchObject({ code, cause });
});

test('a storage error keeps its code', () => {
  const error = new StorageError('blob_range', 'outside');
  expect(mediumError(error, 'testing')).toBe(error);
});
