import { describe, expect, test } from 'vitest';
import { createSymlinkGuard, type SymlinkGuard } from './symlink-guard.ts';

function guardOf(links: Record<string, string>): SymlinkGuard {
  const guard = createSymlinkGuard();
  for (const [path, target] of Object.entries(links)) guard.add(path.split('/'), target);
  return guard;
}

const refusal = expect.objectContaining({ name: 'ArchiveError', code: 'link_escape' });

describe('createSymlinkGuard', () => {
  test.each<[string, Record<string, string>]>([
    ['a sibling', { 'lib/libz.so': 'libz.so.1' }],
    ['up and down again', { 'lib/x/libz.so': '../../lib64/libz.so' }],
    ['up to the root', { 'lib/root': '..' }],
    ['a chain', { 'lib/a': 'b', 'lib/b': 'c', 'lib/c': '../bin/d' }],
    ['a loop, which leads nowhere', { a: 'b', b: 'a' }],
    ['a loop through many parts', { a: 'b/b/b/b', b: 'c/c/c/c', c: 'a/a/a/a' }],
    ['a link without a target, as old tools shipped them', { 'lib/libz.so': '' }],
    ['names that differ in case only', { 'share/terminfo/E': 'e' }],
  ])('%s stays inside', (_, links) => {
    expect(() => guardOf(links).end()).not.toThrow();
  });

  test.each<[string, Record<string, string>]>([
    ['an absolute target', { 'etc/passwd': '/etc/passwd' }],
    ['a drive', { a: 'C:\\windows' }],
    ['above the root', { 'lib/evil': '../../etc' }],
    ['above the root after going down', { 'lib/evil': 'a/../../../etc' }],
    ['above the root with backslashes', { 'lib/evil': '..\\..\\etc' }],
    ['above the root through a link', { 'a/b': '..', c: 'a/b/..' }],
    ['above the root through two links', { 'x/y/up': '../..', 'x/mid': 'y/up', out: 'x/mid/../etc' }],
    ['above the root where case does not count', { 'd/e': '..', c: 'D/e/..' }],
  ])('%s is refused', (_, links) => {
    expect(() => guardOf(links).end()).toThrow(refusal);
  });

  test('unpacking through a link is refused, beside it is not', () => {
    const guard = guardOf({ lib64: 'lib' });
    expect(() => guard.refuseThrough(['lib64', 'evil'])).toThrow(refusal);
    expect(() => guard.refuseThrough(['lib64'])).not.toThrow();
    expect(() => guard.refuseThrough(['lib', 'good'])).not.toThrow();
  });

  test('links cannot fill the memory', () => {
    const guard = createSymlinkGuard();
    const addMany = () => {
      for (let index = 0; index < 10_000; index++) guard.add([`link${index}`], 'x'.repeat(4000));
    };
    expect(addMany).toThrow(expect.objectContaining({ code: 'too_large' }));
  });
});
