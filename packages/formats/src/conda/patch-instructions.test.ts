import { describe, expect, it } from 'vitest';
import { FormatError } from '../errors.ts';
import { changedPatches, readPatchInstructions } from './patch-instructions.ts';

const read = (document: unknown) => readPatchInstructions(JSON.stringify(document));

function refusal(document: string): Pick<FormatError, 'code' | 'found'> | undefined {
  try {
    readPatchInstructions(document);
  } catch (error) {
    if (error instanceof FormatError) return { code: error.code, found: error.found };
    throw error;
  }
  return undefined;
}

describe('reading patch instructions', () => {
  it.each([
    ['{}', 0],
    ['{"packages":null,"remove":null,"surprise":[1]}', 0],
    ['{"patch_instructions_version":0,"remove":["a.conda"]}', 1],
    ['{"patch_instructions_version":2,"revoke":["a.tar.bz2"]}', 2],
    ['{"v3":{"conda":{"a-1-0":{}},"whl":{"b":{}}}}', 1],
  ])('%s names %i files', (document, count) => {
    expect(readPatchInstructions(document).size).toBe(count);
  });

  it.each(
    [
      ...['name', 'version', 'build', 'build_number', 'subdir', 'md5', 'sha256', 'size', 'indexed_timestamp'],
      ...['attestations_sha256', 'fn', 'url'],
    ].flatMap((key) => [
      [key, { packages: { 'a.tar.bz2': { [key]: null } } }] as const,
      [key, { v3: { conda: { a: { [key]: 'x' } } } }] as const,
    ]),
  )('refuses to patch %s', (key, document) => {
    expect(refusal(JSON.stringify(document))).toEqual({ code: 'patch_key', found: key });
  });

  it.each([
    ['{"patch_instructions_version":3}', 'patch_version'],
    ['{"patch_instructions_version":"1"}', 'patch_version'],
    ['{"packages":{"a.tar.bz2":{"run_exports":{}}}}', 'patch_key'],
    ['{"patch_instructions_version":2,"packages":{"a.tar.bz2":{"run_exports":{"weak":[1]}}}}', 'patch_instructions'],
    ['{"packages":[]}', 'patch_instructions'],
    ['{"packages":{"a.tar.bz2":[]}}', 'patch_instructions'],
    ['{"packages":{"a.tar.bz2":{"depends":null}}}', 'patch_instructions'],
    ['{"packages":{"a.tar.bz2":{"depends":["a",1]}}}', 'patch_instructions'],
    ['{"packages":{"a.tar.bz2":{"constrains":"a"}}}', 'patch_instructions'],
    // Would need the v3 maps, where the record does not stand.
    ['{"packages":{"a.tar.bz2":{"depends":["b[when=\\"python\\"]"]}}}', 'patch_v3'],
    ['{"packages.conda":{"a.conda":{"flags":["cuda"]}}}', 'patch_v3'],
    ['{"packages.conda":{"a.conda":{"extra_depends":{"x":[]}}}}', 'patch_v3'],
    ['{"packages.conda":{"a.conda":{"schema_version":3}}}', 'patch_v3'],
    ['{"packages.conda":{"a.conda":{"flags":null,"extra_depends":null}}}', undefined],
    ['{"v3":{"conda":{"a":{"flags":["cuda"]}}}}', undefined],
    ['{"remove":{"a.conda":true}}', 'patch_instructions'],
    ['{"revoke":[1]}', 'patch_instructions'],
    ['{"v3":[]}', 'patch_instructions'],
    [`{"packages":{"a.tar.bz2":{"x":${'['.repeat(50)}${']'.repeat(50)}}}}`, 'patch_instructions'],
    ['[]', 'patch_instructions'],
    ['{"packages":', 'patch_instructions'],
  ])('refuses %s as %s', (document, code) => {
    expect(refusal(document)?.code).toBe(code);
  });
});

describe('the files two documents treat differently', () => {
  it('are those whose fixes, removal or revocation differ, twins among them', () => {
    const before = read({ packages: { 'a.tar.bz2': { x: 1, y: 2 }, 'b.tar.bz2': { x: 1 } }, remove: ['c.conda'] });
    const after = read({ packages: { 'a.tar.bz2': { y: 2, x: 1 }, 'b.tar.bz2': { x: 2 } }, revoke: ['d.conda'] });
    expect(changedPatches(before, after)).toEqual(['b.conda', 'b.tar.bz2', 'c.conda', 'd.conda']);
    expect(changedPatches(undefined, before)).toEqual(['a.conda', 'a.tar.bz2', 'b.conda', 'b.tar.bz2', 'c.conda']);
    expect(changedPatches(after, after)).toEqual([]);
  });
});
