import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readConfig } from './read-config.ts';
import { loadSecretKey } from './secret-key.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-key-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const load = (env: Record<string, string> = {}) =>
  loadSecretKey(readConfig({ SLUICE_DATA_DIR: folder, ...env })).reveal();

test('the first start makes a key that only its owner may read, and later ones find it', () => {
  const key = load();
  expect(key).toMatch(/^[0-9a-f]{64}$/);
  expect(load()).toBe(key);
  expect(readdirSync(folder)).toEqual(['secret-key']);
  expect(statSync(join(folder, 'secret-key')).mode & 0o777).toBe(0o600);
});

test('a configured key, or one in a file, is used and nothing is made', () => {
  const file = join(folder, 'mounted');
  writeFileSync(file, `${'f'.repeat(40)}\n`);
  expect(load({ SLUICE_SECRET_KEY: 'k'.repeat(40) })).toBe('k'.repeat(40));
  expect(load({ SLUICE_SECRET_KEY_FILE: file })).toBe('f'.repeat(40));
  expect(readdirSync(folder)).toEqual(['mounted']);
});

test('a short key in a file is refused without showing it', () => {
  const file = join(folder, 'mounted');
  writeFileSync(file, 'hunter2');
  expect(() => load({ SLUICE_SECRET_KEY_FILE: file })).toThrow(
    `${file}: wanted a secret key of at least 32 characters; found 7.`,
  );
});

test('a key that is there is never replaced', () => {
  const file = join(folder, 'secret-key');
  writeFileSync(file, 'w'.repeat(32));
  expect(load()).toBe('w'.repeat(32));
  expect(readFileSync(file, 'utf8')).toBe('w'.repeat(32));
});
