import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type JsonObject, patchRecord, readPatchInstructions } from '@sluice/formats/conda';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeWithPython } from './describe-with-python.ts';
import { drivePython } from './python-driver.ts';

// Our patches against those of conda-index, on random documents and on real ones.

const testdata = path.join(import.meta.dirname, '../../packages/formats/src/conda/testdata/patches');
const real = (name: string): Case['instructions'] =>
  JSON.parse(readFileSync(path.join(testdata, `${name}.json`), 'utf8'));

type Maps = { [map in 'packages' | 'packages.conda']?: Record<string, JsonObject> };
interface Case {
  repodata: Maps;
  instructions: Maps & { remove?: string[]; revoke?: string[] };
}

const stems = ['a-1-0', 'a-2-0', 'b-1-0', 'never-1-0'];
const texts = fc.array(fc.constantFrom('x', 'y >=2', 'z'), { maxLength: 3 });
const extra = fc.dictionary(fc.constantFrom('one', 'two'), texts, { maxKeys: 2 });
// Without extra_depends, flags and conditions, which conda-index writes into classic records and we refuse there.
const fix = fc.record(
  {
    depends: texts,
    constrains: texts,
    license: fc.option(fc.constantFrom('MIT', 'BSD')),
    features: fc.option(fc.constantFrom('mkl', '')),
    track_features: fc.option(fc.constantFrom('mkl', '')),
    noarch: fc.constant('python'),
    novel: fc.constantFrom(1, true, 'new'),
  },
  { requiredKeys: [] },
);
const record = fc.record(
  {
    name: fc.constant('a'),
    depends: texts,
    license: fc.constant('GPL'),
    features: fc.constant('old'),
    extra_depends: extra,
  },
  { requiredKeys: ['name', 'depends'] },
);
const files = (ending: string, from = stems) => fc.constantFrom(...from.map((stem) => stem + ending));
const anyFile = fc.oneof(files('.conda'), files('.tar.bz2'));
// A .conda among `packages` beside the .tar.bz2 of its stem: conda-index then takes the one that comes last. We take both.
const inPackages = fc.oneof(files('.tar.bz2', stems.slice(1)), files('.conda', stems.slice(0, 1)));
const cases: fc.Arbitrary<Case> = fc.record({
  repodata: fc.record({
    packages: fc.dictionary(files('.tar.bz2', stems.slice(0, 3)), record),
    'packages.conda': fc.dictionary(files('.conda', stems.slice(0, 3)), record),
  }),
  instructions: fc.record(
    {
      packages: fc.dictionary(inPackages, fix),
      'packages.conda': fc.dictionary(anyFile, fix),
      remove: fc.uniqueArray(anyFile, { maxLength: 2 }),
      revoke: fc.uniqueArray(anyFile, { maxLength: 2 }),
    },
    { requiredKeys: [] },
  ),
}) as fc.Arbitrary<Case>;

function patched({ repodata, instructions }: Case): Maps & { removed: string[] } {
  const patches = readPatchInstructions(JSON.stringify(instructions));
  const removed: string[] = [];
  const map = (records: Record<string, JsonObject> = {}) =>
    Object.fromEntries(
      Object.entries(records).flatMap(([file, body]) => {
        const result = patchRecord(patches, file, Buffer.from(JSON.stringify(body)));
        if (result.status === 'kept') return [[file, JSON.parse(Buffer.from(result.body).toString()) as JsonObject]];
        removed.push(file);
        return [];
      }),
    );
  const { packages, 'packages.conda': conda } = repodata;
  return { packages: map(packages), 'packages.conda': map(conda), removed: removed.sort() };
}

/**
 * What counts as alike: null and no key, since conda-index drops a key for null where it is there and sets null where it is
 * not; one revocation and two, since it adds the second when a file is named in both formats.
 */
function comparable(result: Maps & { removed?: string[] }): object {
  const records = (map: Record<string, JsonObject> = {}) =>
    Object.fromEntries(
      Object.entries(map).map(([file, { depends, ...rest }]) => [
        file,
        {
          ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null)),
          depends: (depends as string[]).filter(
            (spec, i, all) => spec !== 'package_has_been_revoked' || all.indexOf(spec) === i,
          ),
        },
      ]),
    );
  const { packages, 'packages.conda': conda, removed } = result;
  return { packages: records(packages), 'packages.conda': records(conda), removed };
}

await describeWithPython('conda-index', (python) => {
  it('patches as we do', async () => {
    const known = ['', '_2', '_3', '_4'].map((n) => ({
      repodata: real('repodata_from_packages') as Maps,
      instructions: real(`patch_instructions${n}`),
    }));
    known.push({ repodata: real('repodata_from_packages_5') as Maps, instructions: real('patch_instructions_5') });
    const all = [...known, ...fc.sample(cases, { numRuns: 500, seed: 7 })];
    const work = mkdtempSync(path.join(os.tmpdir(), 'sluice-patches-'));
    const answer = await drivePython<Maps[]>(python, 'apply_patches.py', work, { cases: all });
    rmSync(work, { recursive: true });
    if (!answer.ok) throw new Error(answer.text);
    for (const [i, one] of all.entries()) {
      expect([one, comparable(patched(one))]).toEqual([one, comparable(answer.value[i]!)]);
    }
    expect(all.filter((one) => patched(one).removed.length > 0).length).toBeGreaterThan(50);
  });
});
