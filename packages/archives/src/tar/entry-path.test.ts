import { expect, test } from 'vitest';
import { entryPathParts } from './entry-path.ts';

test.each([
  ['lib/libz.so', ['lib', 'libz.so']],
  ['./info/index.json', ['info', 'index.json']],
  ['info//./index.json', ['info', 'index.json']],
  ['share/', ['share']],
  ['./', []],
  ['a..b/..c/d..', ['a..b', '..c', 'd..']],
  ['lib/systemd/dev-disk\\x2did.mount', ['lib', 'systemd', 'dev-disk\\x2did.mount']],
])('%s lies inside', (path, parts) => {
  expect(entryPathParts(path)).toEqual(parts);
});

test.each([
  ['/etc/passwd', 'path_absolute'],
  ['//host/share', 'path_absolute'],
  ['\\windows\\system32', 'path_absolute'],
  ['C:\\windows', 'path_absolute'],
  ['c:evil', 'path_absolute'],
  ['..', 'path_parent'],
  ['../evil', 'path_parent'],
  ['a/../../evil', 'path_parent'],
  ['a/..', 'path_parent'],
  ['a\\..\\..\\evil', 'path_parent'],
  ['', 'path_invalid'],
  ['a\0b', 'path_invalid'],
  ['x/'.repeat(2049), 'path_invalid'],
])('%j is refused', (path, code) => {
  expect(() => entryPathParts(path)).toThrow(expect.objectContaining({ code }));
});
