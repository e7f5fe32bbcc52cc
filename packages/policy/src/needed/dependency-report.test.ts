import { expect, test } from 'vitest';
import { evaluateAll } from '../evaluate.ts';
import { factsBuilder } from '../facts/builder.ts';
import { condaFactsRow } from '../facts/conda-row.ts';
import { factsRowOf } from '../facts/record-facts.ts';
import type { MirrorFilters } from '../filters.ts';
import { layerRules } from '../layer-rules.ts';
import { brokenDependencies } from './broken-dependencies.ts';
import { dependencyReport } from './dependency-report.ts';
import { dependsList, dependsOf } from './depends-list.ts';
import { neededFiles, type PartDepends } from './needed-files.ts';
import { readNeeded } from './needed-set.ts';
import type { JudgedPart } from './resolved-specs.ts';

type Row = [name: string, version: string, depends?: string[], license?: string];

function conda(subdir: string, rows: readonly Row[]): PartDepends {
  const facts = factsBuilder(subdir);
  const depends = dependsList();
  for (const [row, [name, version, needs = [], license = 'MIT']] of rows.entries()) {
    const record = { name, version, build: '0', build_number: 0, subdir, depends: needs, license, size: 10 };
    const body = Buffer.from(JSON.stringify(record));
    facts.add(condaFactsRow(`${name}-${version}-0.conda`, body, 1));
    depends.add(row, dependsOf(subdir)(body));
  }
  return { facts: facts.build(), depends };
}

function r(rows: readonly [file: string, paragraph: string][]): PartDepends {
  const subdir = 'cran:src:contrib';
  const facts = factsBuilder(subdir);
  const depends = dependsList();
  for (const [row, [file, paragraph]] of rows.entries()) {
    const body = Buffer.from(paragraph);
    facts.add(factsRowOf(subdir)(file, body, 1, {}));
    depends.add(row, dependsOf(subdir)(body));
  }
  return { facts: facts.build(), depends };
}

async function* all(parts: readonly PartDepends[]) {
  yield* parts;
}

async function judge(parts: readonly PartDepends[], filters: MirrorFilters, type: 'conda' | 'r' = 'conda') {
  const definition = { types: [type], channel: {}, mirror: { filters, keepLegacy: false } };
  const needed = readNeeded(await neededFiles(definition, all(parts)));
  const rules = layerRules(definition, needed);
  const judged = parts.map((part): JudgedPart => ({ ...part, rules, verdicts: evaluateAll(rules, part.facts) }));
  return { judged, needed, requested: filters.only_specs ?? [] };
}

const linux = conda('linux-64', [
  ['app', '1', ['lib >=2', 'gpl', 'gone', 'lib >=9', 'lib >=', '__glibc >=2.17', 'forge::pure']],
  ['app', '2', ['lib >=2']],
  ['lib', '1'],
  ['lib', '2'],
  ['lib', '10'],
  ['gpl', '1', ['unseen'], 'GPL-3.0-only'],
  ['other', '1'],
]);
const noarch = conda('noarch', [['pure', '1', ['lib']]]);

test('the report says of every spec what it came to, and why what is missing is', async () => {
  const filters: MirrorFilters = {
    only_specs: ['app', 'nobody'],
    include_dependencies: true,
    exclude_licenses: ['gpl3'],
  };
  const { judged, needed, requested } = await judge([linux, noarch], filters);
  const { lines, sizes } = await dependencyReport(judged, requested, needed);
  const texts = lines.map(({ kind, subdir, spec, status, files, newest, reason, rule, needed_by }) =>
    [kind, subdir, spec, status, files, newest, reason, rule, needed_by].join(' '),
  );
  expect(texts.sort()).toEqual(
    [
      'requested  app present 2 2   0',
      'requested  nobody missing 0  no_package  0',
      'dependency linux-64 lib >=2 present 2 10   2',
      'dependency linux-64 gpl missing 0  license exclude_licenses: gpl3 1',
      'dependency linux-64 gone missing 0  no_package  1',
      'dependency linux-64 lib >=9 present 1 10   1',
      'dependency linux-64 lib >= missing 0  unreadable  1',
      'dependency linux-64 forge::pure present 1 1   1',
      'dependency noarch lib present 3 10   1',
    ].sort(),
  );
  expect(sizes).toEqual([
    { subdir: 'linux-64', files: 5, bytes: 50, dependency_files: 3, dependency_bytes: 30 },
    { subdir: 'noarch', files: 1, bytes: 10, dependency_files: 1, dependency_bytes: 10 },
  ]);
});

test('of R what installing takes comes along, in its own tree', async () => {
  const tree = r([
    [
      'app_1.0.tar.gz',
      'Package: app\nVersion: 1.0\nDepends: R (>= 4.1), methods\nImports: one (>= 1.1),\n  two\nSuggests: five\n',
    ],
    ['one_1.0.tar.gz', 'Package: one\nVersion: 1.0\n'],
    ['one_1.2.tar.gz', 'Package: one\nVersion: 1.2\nLinkingTo: three\n'],
    ['three_1.0.tar.gz', 'Package: three\nVersion: 1.0\n'],
    ['five_1.0.tar.gz', 'Package: five\nVersion: 1.0\n'],
  ]);
  const { judged, needed, requested } = await judge([tree], { only_specs: ['app'], include_dependencies: true }, 'r');
  expect([...judged[0]!.verdicts].map((verdict) => verdict === 0)).toEqual([true, false, true, true, false]);
  const { lines } = await dependencyReport(judged, requested, needed);
  expect(lines.map(({ spec, newest, reason }) => [spec, newest, reason])).toEqual([
    ['app', '1.0', null],
    ['one (>= 1.1)', '1.2', null],
    ['two', null, 'no_package'],
    ['three', '1.0', null],
  ]);
});

test('what a rule leaves without its dependencies is named, with the rule', async () => {
  const { judged } = await judge([linux, noarch], { exclude_specs: ['lib >=2', 'pure'] });
  const row = { subdir: 'linux-64', package: 'app' };
  const taken = { reason: 'exclude_specs', rule: 'exclude_specs: lib >=2, pure', scope: 'mirror' };
  const broken = await brokenDependencies(judged, 'rules');
  expect(broken).toEqual([
    { ...row, spec: 'forge::pure', files: 1, example: 'app-1-0.conda', ...taken },
    { ...row, spec: 'lib >=2', files: 2, example: 'app-1-0.conda', ...taken },
    { ...row, spec: 'lib >=9', files: 1, example: 'app-1-0.conda', ...taken },
  ]);
  const isMetElsewhere = async (_: string, specs: readonly string[]) =>
    new Set(specs.filter((spec) => spec !== 'lib >=9'));
  expect((await brokenDependencies(judged, 'rules', { isMetElsewhere })).map(({ spec }) => spec)).toEqual(['lib >=9']);
  expect((await brokenDependencies(judged, 'all')).map(({ spec, reason }) => `${spec} ${reason}`)).toContain(
    'gone no_package',
  );
});
