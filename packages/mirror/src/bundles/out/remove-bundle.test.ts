import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BundlePartRow, BundleRow } from '@sluice/catalog';
import { createTestCatalog, type TestCatalog } from '@sluice/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { removeBundle } from './remove-bundle.ts';

let catalog: TestCatalog;
let bundleFolder: string;
beforeAll(async () => {
  catalog = await createTestCatalog();
  bundleFolder = mkdtempSync(join(tmpdir(), 'bundles-'));
  for (const name of ['out', 'stick']) mkdirSync(join(bundleFolder, name));
});
afterAll(async () => {
  await catalog.close();
  rmSync(bundleFolder, { recursive: true });
});

/** The second part was being written when the power went; of the third nobody knows whether it is of this bundle. */
test.each(['out', 'stick'])('nothing of a bundle whose work died stays in %s', async (name) => {
  const folder = join(bundleFolder, name);
  const part = (n: number) => `s-2.from-1.part000${n}.sluice`;
  const others = ['.s-3.part0002.sluice.abc.tmp', 's-3.part0003.sluice', 'mine.tmp'];
  for (const file of [part(1), `.${part(2)}.abc.tmp`, part(3), ...others]) writeFileSync(join(folder, file), '');
  const definition = { output: name === 'out' ? null : folder };
  const row = { id: catalog.newId(), direction: 'out', series: 's', serial: 2, base_serial: 1, definition };
  const parts = [1, 2, 3].map((n) => ({ part: n, place: n === 1 ? join(folder, part(n)) : null }));
  const deps = { db: catalog.db, now: catalog.now, bundleFolder };
  await removeBundle(deps, row as unknown as BundleRow, parts as BundlePartRow[], 'tester');
  expect(readdirSync(folder)).toEqual([...others, ...(name === 'out' ? [] : [part(3)])].sort());
});
