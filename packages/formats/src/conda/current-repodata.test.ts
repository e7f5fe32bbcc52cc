import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CurrentCandidate, chooseCurrent, currentRecordText } from './current-repodata.ts';
import { matches } from './match-spec.ts';
import { parseMatchSpec } from './match-spec-parse.ts';

/** `name version build [dep; dep] [+features]`, a `.conda` unless the build ends in `!`. */
function candidate(line: string): CurrentCandidate {
  const [head = '', depends = '', track_features = ''] = line.split(/\s*[[\]]\s*/);
  const [name = '', version = '', written = '0'] = head.split(' ');
  const build = written.replace('!', '');
  return {
    fn: `${name}-${version}-${build}.${written.endsWith('!') ? 'tar.bz2' : 'conda'}`,
    name,
    version,
    build,
    build_number: 0,
    depends: depends.split(/\s*;\s*/).filter((spec) => spec !== ''),
    track_features: track_features.replace('+', ''),
  };
}

const choose = (lines: string[]): string[] => [...chooseCurrent(lines.map(candidate))].map(({ fn }) => fn).sort();

describe('choosing current records', () => {
  it.each<[string, string[], string[]]>([
    ['the newest version by version order', ['a 1.9 0', 'a 1.10 0', 'a 1.10rc1 0'], ['a-1.10-0.conda']],
    [
      'all builds of it, also under another spelling',
      ['a 1.0 0', 'a 1.0 1', 'a 1.0.0 2', 'a 0.9 0'],
      ['a-1.0-0.conda', 'a-1.0-1.conda', 'a-1.0.0-2.conda'],
    ],
    ['the .conda of two files of one stem', ['a 1 0', 'a 1 0!', 'a 1 1!'], ['a-1-0.conda', 'a-1-1.tar.bz2']],
    ['nothing more when dependencies are met', ['a 1 0 [b >=2]', 'b 2 0', 'b 1 0'], ['a-1-0.conda', 'b-2-0.conda']],
    [
      'the newest version that meets a dependency, with all its builds',
      ['a 1 0 [b <2]', 'b 2 0', 'b 1.5 0', 'b 1.5 1', 'b 1 0'],
      ['a-1-0.conda', 'b-1.5-0.conda', 'b-1.5-1.conda', 'b-2-0.conda'],
    ],
    [
      'dependencies of dependencies',
      ['a 1 0 [b <2]', 'b 2 0', 'b 1 0 [c <2]', 'c 2 0', 'c 1 0 [d <2]', 'd 2 0', 'd 1 0'],
      ['a-1-0.conda', 'b-1-0.conda', 'b-2-0.conda', 'c-1-0.conda', 'c-2-0.conda', 'd-1-0.conda', 'd-2-0.conda'],
    ],
    [
      'a version without features beside one with',
      ['a 3 f [] +mkl', 'a 2 0', 'a 2 f [] +mkl', 'a 1 0'],
      ['a-2-0.conda', 'a-3-f.conda'],
    ],
    ['nothing without features where there is nothing', ['a 3 f [] +mkl', 'a 2 f [] +mkl'], ['a-3-f.conda']],
    ['what can be read', ['a 1 0 [b >=; c; *; elsewhere >1]', 'c 1 0', 'd not! 0'], ['a-1-0.conda', 'c-1-0.conda']],
    ['nothing of nothing', [], []],
  ])('keeps %s', (_what, lines, expected) => {
    expect(choose(lines)).toEqual(expected);
  });

  it('meets every dependency that the whole set can meet, and does not depend on the order', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd');
    const version = fc.constantFrom('1', '2', '3');
    const dependency = fc.tuple(name, fc.constantFrom('<2', '>=2', '<3', '==1', '')).map((parts) => parts.join(' '));
    const line = fc
      .tuple(name, version, fc.array(dependency, { maxLength: 3 }), fc.constantFrom('', ' +f'))
      .map(([n, v, deps, feature]) => `${n} ${v} 0 [${deps.join('; ')}]${feature}`);
    const lines = fc.uniqueArray(line, { selector: (text) => text.slice(0, 3), maxLength: 12 });
    fc.assert(
      fc.property(
        lines.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([all, shuffled]) => {
          const whole = all.map(candidate);
          const kept = [...chooseCurrent(whole)];
          for (const { depends } of kept) {
            for (const spec of depends.map((text) => parseMatchSpec(text))) {
              const can = (records: CurrentCandidate[]): boolean => records.some((record) => matches(spec, record));
              expect(can(kept)).toBe(can(whole));
            }
          }
          expect(choose(shuffled)).toEqual(choose(all));
        },
      ),
    );
  });

  it('writes the digest of the other file into the record', () => {
    expect(currentRecordText('{"name": "a", "md5": "1"}', { md5: '2' })).toBe(
      '{"legacy_bz2_md5":"2","md5":"1","name":"a"}',
    );
  });
});
