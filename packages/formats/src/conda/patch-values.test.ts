import { expect, it } from 'vitest';
import { FormatError } from '../errors.ts';
import type { JsonObject } from './json.ts';
import { checkPatchValues } from './patch-values.ts';

const refused = (document: object) => {
  try {
    checkPatchValues(document as JsonObject);
  } catch (error) {
    if (error instanceof FormatError) return [error.code, error.found];
    throw error;
  }
  return undefined;
};

// Each was tried with @conda-org/rattler: it gives up the shard.
it.each([
  ['license', 5],
  ['license_family', ['x']],
  ['features', ['x']],
  ['platform', 5],
  ['python_site_packages_path', 5],
  ['timestamp', '2026-01-02'],
  ['timestamp', 1.5],
  ['noarch', 7],
  ['noarch', 'any'],
  ['track_features', 5],
  ['purls', 5],
  ['purls', ['nonsense']],
  ['flags', 'gpu'],
  ['extra_depends', { doc: null }],
])('refuses %s that is %j', (key, value) => {
  const found = ['patch_instructions', JSON.stringify(JSON.stringify(value))];
  expect(refused({ packages: { 'a-1-0.tar.bz2': { [key]: value } } })).toEqual(found);
  expect(refused({ 'packages.conda': { 'a-1-0.conda': { [key]: value } } })).toEqual(found);
  expect(refused({ v3: { conda: { 'a-1-0': { [key]: value } } } })).toEqual(found);
});

it.each([
  {
    license: 'MIT',
    license_family: null,
    features: null,
    track_features: '',
    noarch: 'python',
    timestamp: 1700000000000,
  },
  { track_features: ['a'], noarch: true, purls: ['pkg:pypi/a@1'], extra_depends: { doc: ['b'] }, flags: ['gpu'] },
  { app_own: 5, constructor: 5, preferred_env: ['x'], purls: null, noarch: null, timestamp: null },
])('takes %j', (fix) => {
  expect(refused({ packages: { 'a-1-0.tar.bz2': fix }, v3: { conda: { 'a-1-0': fix } } })).toBeUndefined();
});
