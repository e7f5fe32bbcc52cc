import { matches, parseMatchSpec } from '@sluice/formats/conda';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluateAll } from '../evaluate.ts';
import { factsBuilder } from '../facts/builder.ts';
import { condaFactsRow } from '../facts/conda-row.ts';
import type { MirrorFilters } from '../filters.ts';
import { type LayerDefinition, layerRules } from '../layer-rules.ts';
import { dependsList, dependsOf } from './depends-list.ts';
import { neededFiles, type PartDepends } from './needed-files.ts';
import { changedNeeded, packNeeded, readNeeded } from './needed-set.ts';

/** `name-version[ license][: spec, spec]` as a record. */
function recordOf(text: string) {
  const [, name, version, license, depends] = /^([\w-]+)-([\d.]+)(?: (\S+?))?(?:: (.*))?$/.exec(text)!;
  return { name: name!, version: version!, license, depends: depends?.split(', ') ?? [] };
}

function part(subdir: string, texts: readonly string[], ending = '.conda'): PartDepends {
  const facts = factsBuilder(subdir);
  const depends = dependsList();
  for (const [row, text] of texts.entries()) {
    const { name, version, ...more } = recordOf(text);
    const body = Buffer.from(JSON.stringify({ name, version, build: '0', build_number: 0, subdir, ...more }));
    facts.add(condaFactsRow(`${name}-${version}-0${ending}`, body, 1));
    depends.add(row, dependsOf(subdir)(body));
  }
  return { facts: facts.build(), depends };
}

async function* all(parts: readonly PartDepends[]) {
  yield* parts;
}

const layer = (filters: MirrorFilters): LayerDefinition => ({
  types: ['conda'],
  channel: {},
  mirror: { filters, keepLegacy: false },
});

/** What of noarch is kept in the end, and the reasons of the rest. */
async function judged(filters: MirrorFilters, noarch: readonly string[], ...platforms: string[][]) {
  const definition = layer({ subdirs: ['linux-64', 'win-64'], ...filters });
  const part0 = part('noarch', noarch);
  const parts = platforms.map((texts, k) => part(['linux-64', 'win-64'][k]!, texts));
  const needed = readNeeded(await neededFiles(definition, all([...parts, part0])));
  const rules = layerRules(definition, needed);
  const verdicts = [...evaluateAll(rules, part0.facts)];
  return verdicts.map((verdict) => (verdict === 0 ? 'kept' : rules[verdict - 1]!.code));
}

describe('what comes along', () => {
  test.each<[string, MirrorFilters, string[], string[], string[]]>([
    ['what a kept file depends on', {}, ['a-1: lib'], ['lib-1', 'other-1'], ['kept', 'platform']],
    [
      'in every version that fits',
      {},
      ['a-1: lib >=2,<4'],
      ['lib-1', 'lib-2', 'lib-3', 'lib-4'],
      ['platform', 'kept', 'kept', 'platform'],
    ],
    ['also by build', {}, ['a-1: lib 1.* other_*', 'b-1: lib 2.* 0'], ['lib-1.5', 'lib-2.5'], ['platform', 'kept']],
    ['for any of several', {}, ['a-1: lib 1', 'b-1: lib 3'], ['lib-1', 'lib-2', 'lib-3'], ['kept', 'platform', 'kept']],
    ['and what that depends on', {}, ['a-1: b'], ['c-1', 'b-1: c', 'd-1: c'], ['kept', 'kept', 'platform']],
    ['round in a circle', {}, ['a-1: b'], ['b-1: c', 'c-1: b'], ['kept', 'kept']],
    [
      'constraints bind all the way',
      {},
      ['a-1: b 2'],
      ['b-1: c', 'b-2: d', 'c-1', 'd-1'],
      ['platform', 'kept', 'platform', 'kept'],
    ],
    ['names in capitals', {}, ['a-1: LIB'], ['lib-1'], ['kept']],
    ['not for what cannot be read', {}, ['a-1: lib >=, >=1.0, lib =='], ['lib-1'], ['platform']],
    ['nothing without files', {}, [], ['lib-1'], ['platform']],
    ['nothing for a refused file', { exclude_specs: ['a'] }, ['a-1: lib'], ['lib-1'], ['platform']],
    [
      'what is needed and refused has its own reason',
      { exclude_specs: ['lib'] },
      ['a-1: lib'],
      ['lib-1: c', 'c-1'],
      ['exclude_specs', 'platform'],
    ],
    [
      'a short list stays short',
      { only_specs: ['a'] },
      ['a-1: lib', 'b-1: c'],
      ['lib-1', 'c-1'],
      ['only_specs', 'platform'],
    ],
    [
      'by licence',
      { exclude_licenses: ['GPL-3.0-only'] },
      ['a-1: lib'],
      ['lib-1 GPL-3.0-only: c', 'lib-2 MIT: d', 'c-1', 'd-1'],
      ['license', 'kept', 'platform', 'kept'],
    ],
  ])('%s', async (_, filters, platform, noarch, verdicts) => {
    expect(await judged(filters, noarch, platform)).toEqual(verdicts);
  });

  test('from all platforms that are named', async () => {
    expect(await judged({}, ['x-1', 'y-1', 'z-1'], ['a-1: x'], ['a-1: y'])).toEqual(['kept', 'kept', 'platform']);
  });

  test('a legacy file goes as it always does when its twin comes along', async () => {
    const definition = layer({ subdirs: ['linux-64'] });
    const builder = factsBuilder('noarch');
    for (const file of ['lib-1-0.tar.bz2', 'lib-1-0.conda', 'old-1-0.tar.bz2']) {
      const name = file.split('-')[0];
      builder.add(condaFactsRow(file, Buffer.from(JSON.stringify({ name, version: '1', build: '0' })), 1));
    }
    const facts = builder.build();
    const noarch = { facts, depends: dependsList() };
    const needed = await neededFiles(definition, all([part('linux-64', ['a-1: lib, old']), noarch]));
    const rules = layerRules(definition, readNeeded(needed));
    expect([...evaluateAll(rules, facts)].map((v) => rules[v - 1]?.code)).toEqual([
      'duplicated_legacy_conda',
      undefined,
      undefined,
    ]);
  });

  test('is the least set that is closed', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const spec = fc
      .tuple(fc.constantFrom(...names), fc.constantFrom('', ' 1', ' >=2', ' 1|3', ' !=2'))
      .map((t) => t.join(''));
    const file = fc
      .tuple(fc.constantFrom(...names), fc.integer({ min: 1, max: 3 }), fc.uniqueArray(spec, { maxLength: 2 }))
      .map(([name, version, specs]) => `${name}-${version}${specs.length > 0 ? `: ${specs.join(', ')}` : ''}`);
    const files = (most: number) => fc.uniqueArray(file, { maxLength: most, selector: (text) => text.split(':')[0] });
    await fc.assert(
      fc.asyncProperty(files(12), files(3), async (noarch, platform) => {
        const meets = (text: string, row: string) => {
          const { name, version } = recordOf(row);
          return matches(parseMatchSpec(text), { name, version, build: '0', build_number: 0 });
        };
        const closed = new Set<string>();
        for (let grown = true; grown; ) {
          const specs = [...platform, ...closed].flatMap((row) => recordOf(row).depends);
          const more = noarch.filter((row) => !closed.has(row) && specs.some((text) => meets(text, row)));
          for (const row of more) closed.add(row);
          grown = more.length > 0;
        }
        const wanted = noarch.map((row) => (closed.has(row) ? 'kept' : 'platform'));
        expect(await judged({}, noarch, platform)).toEqual(wanted);
      }),
    );
  });
});

describe('include_dependencies', () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const spec = fc
    .tuple(
      fc.constantFrom(...names),
      fc.constantFrom('', ' 1', ' >=2', ' 1|3', ' !=2', ' 2.* 0', '[version=">=1",when="python <3.11"]'),
    )
    .map((t) => t.join(''));
  const file = fc
    .tuple(
      fc.constantFrom(...names),
      fc.integer({ min: 1, max: 3 }),
      fc.constantFrom('', ' MIT', ' GPL-3.0-only'),
      fc.uniqueArray(spec, { maxLength: 2 }),
    )
    .map(
      ([name, version, licence, specs]) =>
        `${name}-${version}${licence}${specs.length > 0 ? `: ${specs.join(', ')}` : ''}`,
    );
  const files = (most: number) => fc.uniqueArray(file, { maxLength: most, selector: (text) => text.split(/[ :]/)[0] });

  /** As somebody would say it who has all day. */
  function closure(
    parts: Record<string, readonly string[]>,
    only: readonly string[],
    isHeld: (row: string) => boolean,
    isNamed: boolean,
  ) {
    const meets = (text: string, row: string) => {
      const { name, version } = recordOf(row);
      return matches(parseMatchSpec(text), { name, version, build: '0', build_number: 0 });
    };
    const all = Object.entries(parts).flatMap(([subdir, rows]) => rows.filter(isHeld).map((row) => ({ subdir, row })));
    const kept = new Set(
      all.filter(({ subdir, row }) => (isNamed || subdir !== 'noarch') && only.some((text) => meets(text, row))),
    );
    for (let size = -1; size < kept.size; ) {
      size = kept.size;
      for (const from of [...kept]) {
        for (const to of all) {
          const isSeen = from.subdir === 'noarch' || to.subdir === 'noarch' || from.subdir === to.subdir;
          if (isSeen && recordOf(from.row).depends.some((text) => meets(text, to.row))) kept.add(to);
        }
      }
    }
    return [...kept].map(({ subdir, row }) => `${subdir} ${row}`).sort();
  }

  test('keeps what its specs choose and what that needs, over all subdirs; other rules hold', async () => {
    const seen = new Set<number>();
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(spec, { minLength: 1, maxLength: 2 }),
        files(8),
        files(6),
        files(6),
        fc.boolean(),
        fc.boolean(),
        async (only, noarch, linux, win, isNamed, isFree) => {
          const texts = { 'linux-64': linux, noarch, 'win-64': win };
          const subdirs = ['linux-64', 'win-64', ...(isNamed ? ['noarch'] : [])];
          const filters: MirrorFilters = { subdirs, only_specs: only, include_dependencies: true };
          if (isFree) filters.exclude_licenses = ['gpl3'];
          const parts = Object.entries(texts).map(([subdir, rows]) => part(subdir, rows));
          const needed = readNeeded(await neededFiles(layer(filters), all(parts)));
          const rules = layerRules(layer(filters), needed);
          const kept = parts.flatMap(({ facts }, k) => {
            const verdicts = evaluateAll(rules, facts);
            const [subdir, rows] = Object.entries(texts)[k]!;
            return rows.flatMap((row, i) => (verdicts[i] === 0 ? `${subdir} ${row}` : []));
          });
          const mayStay = (row: string) => !isFree || recordOf(row).license !== 'GPL-3.0-only';
          expect(kept.sort()).toEqual(closure(texts, only, mayStay, isNamed));
          seen.add(kept.length);
        },
      ),
    );
    expect(seen.size).toBeGreaterThan(5);
  });
});

describe('a packed set', () => {
  const file = (text: string) => {
    const [part, name, file] = text.split(' ') as [string, string, string];
    return { part, name, file };
  };
  const some = ['noarch b b-1-0.conda', 'noarch a a-1-0.conda', 'linux-64 é é-1-0.tar.bz2', 'noarch a a-2-0.conda'];

  test('has its files, wherever the bytes lie', () => {
    const packed = packNeeded(some.map(file));
    const shifted = Buffer.concat([Buffer.from([0]), packed]).subarray(1);
    for (const bytes of [packed, shifted]) {
      const read = readNeeded(bytes);
      expect(some.map(file).map(({ part, file }) => read.has(part, file))).toEqual([true, true, true, true]);
      expect(read.has('linux-64', 'a-1-0.conda')).toBe(false);
      expect(['c-1-0.conda', '', 'a-1-0.tar.bz2'].map((name) => read.has('noarch', name))).toEqual([
        false,
        false,
        false,
      ]);
    }
    expect(readNeeded(packNeeded([])).has('noarch', 'a')).toBe(false);
  });

  test('tells of which names another has other files', () => {
    const before = readNeeded(packNeeded(some.map(file)));
    const after = readNeeded(
      packNeeded([...some.slice(0, 2), 'win-64 é é-1-0.tar.bz2', 'noarch c c-1-0.conda'].map(file)),
    );
    expect(changedNeeded(before, after)).toEqual(
      new Map([
        ['noarch', ['a', 'c']],
        ['linux-64', ['é']],
        ['win-64', ['é']],
      ]),
    );
    expect(changedNeeded(before, readNeeded(packNeeded(some.toReversed().map(file))))).toEqual(new Map());
  });
});
