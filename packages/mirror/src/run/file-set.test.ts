import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addNames, fileSet } from './file-set.ts';

test('counts what the other lacks', () => {
  const names = fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 2000 });
  fc.assert(
    fc.property(names, names, (mine, theirs) => {
      const [a, b] = [fileSet(), fileSet()];
      // Expected or not, and more or fewer than it was said.
      a.expect(mine.length >> 1);
      b.expect(2000);
      for (const name of mine) a.add('noarch', name);
      for (const name of theirs) b.add('noarch', name);
      const other = new Set(theirs);
      expect(a.missingFrom(b)).toBe(mine.filter((name) => !other.has(name)).length);
    }),
    { numRuns: 50 },
  );
});

test('one name in two subdirs is two files', () => {
  const [a, b] = [fileSet(), fileSet()];
  a.add('noarch', 'x.conda');
  b.add('linux-64', 'x.conda');
  expect([a.missingFrom(b), a.missingFrom(a)]).toEqual([1, 0]);
  const bytes = new TextEncoder().encode('an x.conda and a y.conda lie here');
  b.addAt('noarch', new DataView(bytes.buffer), 3, 10);
  expect(a.missingFrom(b)).toBe(0);
  addNames(a, { subdir: 'noarch', kept: 1, eachName: (take) => take(bytes.subarray(2), 15, 22) });
  expect(a.missingFrom(b)).toBe(1);
  addNames(b, { subdir: 'noarch', kept: 1, eachName: (take) => take(bytes, 17, 24) });
  expect(a.missingFrom(b)).toBe(0);
});
