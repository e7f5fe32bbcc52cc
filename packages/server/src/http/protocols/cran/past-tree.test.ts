import { parseDcf, type RFileTimes, writeDcf } from '@sluice/formats/cran';
import { expect, test } from 'vitest';
import { treeBefore } from './past-tree.ts';

const rest = async () => {};
const at = (path: string, day: string): RFileTimes => ({ path, size: 1, mtime: Date.parse(day) / 1000 });

test('of each name the newest that was there, with the packages that today’s version needs', async () => {
  const rows = [
    'Package: demo\nVersion: 2.0\nDepends: R (>= 4.4), methods\nImports: cli (>= 3.6), rlang\nLicense: MIT\n',
    'Package: fresh\nVersion: 1.0\n',
    'Package: same\nVersion: 1.0\nLicense: MIT\nMD5sum: x\n',
  ].map((text) => parseDcf(text));
  const tree = {
    rows,
    current: [
      at('demo_2.0.tar.gz', '2026-03-01'),
      at('fresh_1.0.tar.gz', '2026-03-01'),
      at('same_1.0.tar.gz', '2026-01-01'),
    ],
    archived: [
      at('demo/demo_1.10.tar.gz', '2026-01-02'),
      at('demo/demo_1.9.tar.gz', '2026-01-01'),
      at('gone/gone_1.0.tar.gz', '2026-01-01'),
      { path: 'demo/demo_1.5.tar.gz', size: 1, mtime: undefined },
    ],
  };
  const past = await treeBefore(tree, new Date('2026-02-01'), rest);
  expect(past.rows.map((row) => writeDcf(row))).toEqual([
    'Package: demo\nVersion: 1.10\nDepends: methods\nImports: cli, rlang\n',
    'Package: gone\nVersion: 1.0\n',
    'Package: same\nVersion: 1.0\nLicense: MIT\nMD5sum: x\n',
  ]);
  expect(past.current.map(({ path }) => path)).toEqual(['demo_1.10.tar.gz', 'gone_1.0.tar.gz', 'same_1.0.tar.gz']);
  expect(past.archived).toEqual([['demo', [at('demo/demo_1.9.tar.gz', '2026-01-01')]]]);
  expect(await treeBefore(tree, new Date('2025-01-01'), rest)).toEqual({ rows: [], current: [], archived: [] });
});
