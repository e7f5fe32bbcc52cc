import fc from 'fast-check';
import { expect, it } from 'vitest';
import { factsBuilder } from './builder.ts';
import { condaFactsRow } from './conda-row.ts';
import { hexAt } from './digests.ts';
import type { Facts } from './facts.ts';
import { mergedFacts } from './merged-facts.ts';

const files = ['a', 'b', 'c-d'].flatMap((name) =>
  ['1', '2'].flatMap((version) => [`${name}-${version}-ha.conda`, `${name}-${version}-ha.tar.bz2`]),
);
const record = fc.record({
  license: fc.constantFrom('MIT', 'BSD'),
  // As the file name has it, or spelt otherwise.
  build: fc.constantFrom('ha', 'HA', 'Ha', 'hA'),
  size: fc.nat(9),
  sha256: fc.constantFrom('ab', 'cd', '00').map((two) => two.repeat(32)),
  md5: fc.constantFrom('ab', 'cd', '00').map((two) => two.repeat(16)),
  v3: fc.boolean(),
});
type TestRecord = typeof record extends fc.Arbitrary<infer T> ? T : never;
const state = fc.dictionary(fc.constantFrom(...files), record);

function row(file: string, { v3, ...more }: TestRecord) {
  const [, version, ...name] = file
    .replace(/\.(conda|tar\.bz2)$/, '')
    .split('-')
    .reverse();
  const body = { name: name.reverse().join('-'), version, ...more };
  return condaFactsRow(file, Buffer.from(JSON.stringify(body)), 1, { v3 });
}

function seen(facts: Facts) {
  return Array.from({ length: facts.count }, (_, i) => ({
    file: facts.file(i),
    name: facts.names[facts.name[i]!],
    version: facts.versions[facts.version[i]!],
    build: facts.builds.at(i),
    licence: facts.licences[facts.licence[i]!],
    size: facts.size[i],
    sha256: hexAt(facts.digests, 'sha256', i),
    md5: hexAt(facts.digests, 'md5', i),
    length: facts.length[i],
    v3: facts.v3[i],
    hash: [...facts.recordHash.subarray(i * 2, i * 2 + 2)],
    twin: facts.twin[i]! < 0 ? null : facts.file(facts.twin[i]!),
  })).sort((a, b) => (a.file < b.file ? -1 : 1));
}

it('are as if they had been built from what is left and what came', () => {
  fc.assert(
    fc.property(state, state, fc.array(fc.constantFrom(...files)), (before, came, gone) => {
      const base = factsBuilder('noarch');
      for (const [file, one] of Object.entries(before)) base.add(row(file, one));
      const added = factsBuilder('noarch');
      for (const [file, one] of Object.entries(came)) added.add(row(file, one));
      const left = Object.fromEntries(
        Object.entries(before).filter(([file]) => !(file in came) && !gone.includes(file)),
      );
      const wanted = factsBuilder('noarch');
      for (const [file, one] of Object.entries({ ...left, ...came })) wanted.add(row(file, one));
      const first = base.build();
      const kept = Uint8Array.from({ length: first.count }, (_, i) => (first.file(i) in left ? 1 : 0));
      expect(seen(mergedFacts(first, kept, added.build()))).toEqual(seen(wanted.build()));
    }),
  );
});
