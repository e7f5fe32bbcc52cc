import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from './json.ts';
import { readPatchInstructions } from './patch-instructions.ts';
import { patchRecord } from './patch-record.ts';

const real = (name: string): string =>
  readFileSync(new URL(`./testdata/patches/${name}.json`, import.meta.url), 'utf8');
const bytes = (value: unknown): Uint8Array => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));

/** A record after a patch document, parsed; `removed` when it goes. */
function patched(instructions: object | string, file: string, record: object, extra = {}) {
  const document = typeof instructions === 'string' ? instructions : JSON.stringify(instructions);
  const result = patchRecord(readPatchInstructions(document), file, bytes(record), extra);
  if (result.status === 'removed') return 'removed';
  return JSON.parse(Buffer.from(result.body).toString()) as JsonObject;
}

/** All records of a repodata text after a patch document. */
function patchedRepodata(instructions: string, repodata: string) {
  const all: Record<string, unknown> = {};
  for (const map of ['packages', 'packages.conda']) {
    for (const [file, record] of Object.entries(JSON.parse(repodata)[map] ?? {})) {
      all[file] = patched(instructions, file, record as object);
    }
  }
  return all;
}

const tarBz2 = 'cross-python_emscripten-32-3.10.1-h60d57d3_8.tar.bz2';
const conda = 'cross-python_emscripten-32-3.10.1-h60d57d3_8.conda';
const newer = 'cross-python_emscripten-32-3.12.1-h60d57d3_8.conda';
const other = 'emscripten_emscripten-32-3.1.27-h60d57d3_5.tar.bz2';

describe('real patch instructions', () => {
  const repodata = real('repodata_from_packages');

  it('fix the .tar.bz2 and the .conda of the same stem; a fix of the .conda alone stays there', () => {
    const all = patchedRepodata(real('patch_instructions'), repodata);
    const depends = ['coreutils', 'crossenv >=1.2', 'emscripten_emscripten-32', 'pip', 'wolfssl 12.0'];
    for (const file of [tarBz2, conda]) {
      expect(all[file]).toMatchObject({ license: 'WOLF LICENSE', depends, constrains: ['curl >5.0'] });
    }
    expect(all[newer]).toMatchObject({ license: 'WOLF LICENSE II' });
    expect(all[newer]).not.toHaveProperty('constrains');
    expect(all[other]).toEqual(JSON.parse(repodata).packages[other]);
  });

  it('remove a .tar.bz2 with its .conda, but a .conda alone', () => {
    const both = patchedRepodata(real('patch_instructions_2'), repodata);
    expect([tarBz2, conda, other].map((file) => both[file])).toEqual(['removed', 'removed', 'removed']);
    expect(both[newer]).not.toBe('removed');
    const one = patchedRepodata(real('patch_instructions_3'), repodata);
    expect(one[conda]).toBe('removed');
    expect(one[tarBz2]).toMatchObject({ version: '3.10.1' });
  });

  it('add keys that the record does not have', () => {
    const all = patchedRepodata(real('patch_instructions_4'), repodata);
    expect(all[tarBz2]).toMatchObject({ purls: ['pkg:pypi/cross-python@3.10.1'] });
  });

  it('take track features away by null, which rattler could not read', () => {
    const all = patchedRepodata(real('patch_instructions_5'), real('repodata_from_packages_5'));
    expect(all['pytorch-cpu-2.6.0-cpu_mkl_h8b52ce0_104.conda']).not.toHaveProperty('track_features');
  });
});

describe('patching a record', () => {
  const record = { name: 'a', version: '1', build: '0', depends: ['b'], features: 'x', extra: { one: 1, two: 2 } };

  it('hands over the very bytes of a record that is not named, or named and left as it was', () => {
    const body = bytes('{ "name":"a",  "depends":["b"] }');
    const instructions = readPatchInstructions(
      '{"packages":{"a-1-0.tar.bz2":{"depends":["b"]},"z-1-0.tar.bz2":{"x":1}}}',
    );
    for (const file of ['a-1-0.tar.bz2', 'b-1-0.tar.bz2']) {
      expect(patchRecord(instructions, file, body)).toMatchObject({ status: 'kept', body });
      expect((patchRecord(instructions, file, body) as { body: unknown }).body).toBe(body);
    }
    expect((patchRecord(undefined, 'a-1-0.tar.bz2', body) as { body: unknown }).body).toBe(body);
  });

  it('writes a changed record sorted and compact', () => {
    const body = bytes('{ "name":"a",  "depends":["b"] }');
    const result = patchRecord(
      readPatchInstructions('{"packages":{"a.tar.bz2":{"license":"MIT"}}}'),
      'a.tar.bz2',
      body,
    );
    expect(Buffer.from((result as { body: Uint8Array }).body).toString()).toBe(
      '{"depends":["b"],"license":"MIT","name":"a"}',
    );
  });

  it('applies packages, then packages.conda on top', () => {
    const instructions = {
      'packages.conda': { 'a-1-0.conda': { license: 'third' } },
      packages: {
        'a-1-0.conda': { license: 'second', features: 'y' },
        'a-1-0.tar.bz2': { license: 'first', depends: [] },
      },
    };
    expect(patched(instructions, 'a-1-0.conda', record)).toMatchObject({
      license: 'third',
      features: 'y',
      depends: [],
    });
    expect(patched(instructions, 'a-1-0.tar.bz2', record)).toMatchObject({ license: 'first', features: 'x' });
    const amiss = { 'packages.conda': { 'a-1-0.tar.bz2': { license: 'no' } } };
    for (const file of ['a-1-0.conda', 'a-1-0.tar.bz2']) expect(patched(amiss, file, record)).toEqual(record);
  });

  it('replaces lists, merges objects and keeps null', () => {
    const fix = { depends: ['c', 'd'], extra: { two: 3 }, features: null, license: null };
    expect(patched({ packages: { 'a.tar.bz2': fix } }, 'a.tar.bz2', record)).toEqual({
      ...record,
      depends: ['c', 'd'],
      extra: { one: 1, two: 3 },
      features: null,
      license: null,
    });
  });

  it('revokes once, in both formats, behind the fixes', () => {
    const instructions = {
      packages: { 'a-1-0.tar.bz2': { depends: ['c'] } },
      revoke: ['a-1-0.tar.bz2', 'a-1-0.conda', 'a-1-0.tar.bz2'],
    };
    for (const file of ['a-1-0.tar.bz2', 'a-1-0.conda']) {
      const once = patched(instructions, file, record);
      expect(once).toMatchObject({ revoked: true, depends: ['c', 'package_has_been_revoked'] });
      expect(patched({ revoke: [file] }, file, once as object)).toEqual(once);
    }
  });

  it('removes what is revoked, too', () => {
    expect(patched({ revoke: ['a.conda'], remove: ['a.conda'] }, 'a.conda', record)).toBe('removed');
  });

  it('fixes a v3 record by the v3 map only', () => {
    const instructions = { packages: { 'a-1-0.tar.bz2': { x: 1 } }, v3: { conda: { 'a-1-0': { y: 2 } } } };
    expect(patched(instructions, 'a-1-0.conda', record, { v3: true })).toEqual({ ...record, y: 2 });
    expect(patched(instructions, 'a-1-0.conda', record)).toEqual({ ...record, x: 1 });
    expect(patched({ remove: ['a-1-0.tar.bz2'] }, 'a-1-0.conda', record, { v3: true })).toBe('removed');
  });

  it('does not let a key named __proto__ reach a prototype', () => {
    const document = '{"packages":{"a.tar.bz2":{"__proto__":{"polluted":true}}}}';
    patched(document, 'a.tar.bz2', record);
    expect({}).not.toHaveProperty('polluted');
  });
});

describe('run exports (CEP 21)', () => {
  const fix = (run_exports: unknown) =>
    readPatchInstructions(
      JSON.stringify({ patch_instructions_version: 2, packages: { 'a-1-0.tar.bz2': { run_exports } } }),
    );
  const body = bytes({ name: 'a' });
  const exportsAfter = (run_exports: unknown, before: object | null) => {
    const runExports = before && bytes(before);
    const result = patchRecord(fix(run_exports), 'a-1-0.conda', body, { runExports });
    if (result.status !== 'kept') throw new Error('removed');
    expect(result.body).toBe(body);
    return result.runExports && JSON.parse(Buffer.from(result.runExports).toString());
  };

  it.each([
    [{ weak: ['a >=2'] }, { weak: ['a >=1'], strong: ['b'] }, { weak: ['a >=2'], strong: ['b'] }],
    [{ weak: [] }, null, { weak: [] }],
    [['a >=2'], { strong: ['b'] }, { weak: ['a >=2'] }],
    [{ strong: null }, { strong: ['b'], weak: ['c'] }, { weak: ['c'] }],
    [null, { strong: ['b'] }, {}],
  ])('%j on %j gives %j', (change, before, after) => {
    expect(exportsAfter(change, before)).toEqual(after);
  });

  it('leaves those of other files as they are', () => {
    const runExports = bytes('{ "weak": ["a"] }');
    expect(patchRecord(fix({ weak: [] }), 'b-1-0.conda', body, { runExports })).toMatchObject({ runExports });
  });
});
