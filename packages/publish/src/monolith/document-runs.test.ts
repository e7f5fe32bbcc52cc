import { expect, test } from 'vitest';
import { memberRun, readRuns, runList } from './document-runs.ts';

test('many runs are read as they were added, members of one name as one', () => {
  const runs = runList();
  let end = 0;
  const names = Array.from({ length: 1234 }, (_, i) => `n${i}`);
  for (const name of names) {
    for (const version of ['1', '2']) {
      end += 100 + name.length;
      runs.add(memberRun('packages.conda', `${name}-${version}-0.conda`, end, 90));
    }
  }
  const read = [...readRuns(runs.text())];
  expect(read.map(({ first }) => first)).toEqual(names.map((name) => `${name}-1-0.conda`));
  expect(read.every(({ records, sizes }) => records === 2 && sizes === '90,90')).toBe(true);
  const last = read.at(-1)!;
  expect(last.at + last.bytes).toBe(end);
  expect([...readRuns(runList().text())]).toEqual([]);
});
