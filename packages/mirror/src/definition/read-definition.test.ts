import { describe, expect, test } from 'vitest';
import { MirrorError } from '../errors.ts';
import { type MirrorInput, readDefinition } from './read-definition.ts';
import { readMirrorFilters } from './read-filters.ts';

const now = new Date('2026-11-21T00:00:00Z');
const least = { mirror_name: 'forge', source_root: 'https://conda.anaconda.org/conda-forge' };

function issuesOf(input: Partial<MirrorInput>): string[] {
  try {
    readDefinition({ ...least, ...input }, now);
    return [];
  } catch (error) {
    if (!(error instanceof MirrorError)) throw error;
    return error.issues.map((issue) => `${issue.field} ${issue.code}`);
  }
}

describe('readDefinition', () => {
  test('has defaults', () => {
    expect(readDefinition(least, now)).toEqual({
      name: 'forge',
      type: 'conda',
      address: { url: 'https://conda.anaconda.org/conda-forge', proxy: null, secret: {} },
      mode: 'passive',
      cron: '0 0 1 * *',
      time_zone: 'UTC',
      filters: {},
      keep_legacy: false,
      internal: false,
    });
  });

  test('keeps what is given', () => {
    const filters = {
      subdirs: ['noarch', 'linux-64'],
      exclude_specs: ['p*'],
      include_specs: ['python >=3.9'],
      include_licenses: ['MIT', 'bsd'],
      date_from: '2020-02-29',
    };
    expect(
      readDefinition(
        {
          mirror_name: ' forge ',
          source_root: '/srv/channel/',
          mirror_mode: 'active',
          mirror_type: 'conda',
          cron: '0 3 * * 1',
          time_zone: 'Europe/Berlin',
          filters,
          keep_legacy: true,
          proxy: 'http://u:p@proxy:3128',
        },
        now,
      ),
    ).toEqual({
      name: 'forge',
      type: 'conda',
      address: { url: 'file:///srv/channel', proxy: 'http://proxy:3128', secret: { proxyUserInfo: 'u:p' } },
      mode: 'active',
      cron: '0 3 * * 1',
      time_zone: 'Europe/Berlin',
      filters,
      keep_legacy: true,
      internal: false,
    });
  });

  test.each<[string, Partial<MirrorInput>, string[]]>([
    ['no name', { mirror_name: ' ' }, ['mirror_name name_invalid']],
    ['a name of two lines', { mirror_name: 'a\nb' }, ['mirror_name name_invalid']],
    ['no source', { source_root: undefined }, ['source_root required']],
    ['another source', { source_root: 's3://bucket' }, ['source_root source_url']],
    ['another mode', { mirror_mode: 'lazy' }, ['mirror_mode mode_invalid']],
    ['another type', { mirror_type: 'npm' }, ['mirror_type type_not_supported']],
    [
      'a tree that is none',
      { mirror_type: 'CRAN', filters: { trees: ['bin/windows'] } },
      ['filters.trees[0] tree_invalid'],
    ],
    ['trees of conda', { filters: { trees: ['src/contrib'] } }, ['filters.trees filter_of_another_type']],
    ['a proxy over https', { proxy: 'https://proxy' }, ['proxy proxy_invalid']],
    ['no proxy', { proxy: '' }, []],
    ['a schedule that is none', { cron: 'daily' }, ['cron cron_invalid']],
    ['a schedule that is a number', { cron: 5 }, ['cron cron_invalid']],
    ['no such zone', { time_zone: 'Europe/Nowhere' }, ['time_zone time_zone_invalid']],
    ['a text for a flag', { keep_legacy: 'yes' }, ['keep_legacy not_boolean']],
    [
      'everything at once',
      { mirror_name: '', source_root: '', cron: '', filters: { subdirs: 'noarch' } },
      ['mirror_name name_invalid', 'source_root required', 'cron cron_invalid', 'filters.subdirs not_list'],
    ],
  ])('%s', (_, input, issues) => {
    expect(issuesOf(input)).toEqual(issues);
  });
});

describe('filters of a mirror', () => {
  test.each<[string, unknown, string[]]>([
    ['none', undefined, []],
    [
      'unset in every way',
      {
        only_specs: [],
        projects: null,
        only_signed: false,
        cve_score_threshold: null,
        date_from: '',
        exclude_specs: ['a'],
      },
      [],
    ],
    ['only and exclude', { only_specs: ['a'], exclude_specs: ['b'] }, ['filters.exclude_specs specs_conflict']],
    ['only and include', { only_specs: ['a'], include_specs: ['b'] }, ['filters.include_specs specs_conflict']],
    ['only with licences and dates', { only_specs: ['a'], exclude_licenses: ['agpl'], date_to: '2026-01-01' }, []],
    ['unknown licence', { include_licenses: ['mit', 'beerware-ish'] }, ['filters.include_licenses[1] license_unknown']],
    [
      'a day that is none',
      { date_from: '2024-13-01', date_to: '2023-02-29' },
      ['filters.date_from date_invalid', 'filters.date_to date_invalid'],
    ],
    ['a day as number', { date_from: 20240101 }, ['filters.date_from date_invalid']],
    ['days in the wrong order', { date_from: '2024-02-01', date_to: '2024-01-31' }, ['filters.date_to date_order']],
    ['a bad spec', { exclude_specs: ['numpy', 'numpy >='] }, ['filters.exclude_specs[1] spec_invalid']],
    [
      'a spec of another channel',
      { only_specs: ['conda-forge::numpy'] },
      ['filters.only_specs[0] spec_key_not_supported'],
    ],
    ['a spec of features', { only_specs: ['mkl@'] }, ['filters.only_specs[0] spec_key_not_supported']],
    [
      'every key a filter can judge',
      {
        only_specs: [
          'numpy[version=">1",build=py*,build_number=">1",subdir=noarch,license=MIT,license_family=BSD,fn="*.conda"]',
          `*[sha256=${'a'.repeat(64)}]`,
        ],
      },
      [],
    ],
    [
      'a subdir that is none',
      { subdirs: ['noarch', '../x', 5] },
      ['filters.subdirs[1] subdir_invalid', 'filters.subdirs[2] not_text'],
    ],
    ['score', { cve_score_threshold: 7 }, ['filters.cve_score_threshold filter_not_supported']],
    ['score of none', { cve_score_threshold: 0 }, ['filters.cve_score_threshold filter_not_supported']],
    ['uncurated', { exclude_non_curated_cve: true }, ['filters.exclude_non_curated_cve filter_not_supported']],
    ['signed', { only_signed: true }, ['filters.only_signed filter_not_supported']],
    ['projects', { projects: ['django'] }, ['filters.projects filter_of_another_type']],
    ['nonsense', { onlyspecs: ['a'] }, ['filters.onlyspecs filter_unknown']],
    ['a list', [], ['filters not_list']],
  ])('%s', (_, filters, issues) => {
    const read = readMirrorFilters(filters, 'conda');
    expect('issues' in read ? read.issues.map((issue) => `${issue.field} ${issue.code}`) : []).toEqual(issues);
  });

  test('a bad spec is shown with its place', () => {
    const read = readMirrorFilters({ only_specs: ['numpy[version=1'] }, 'conda');
    expect(read).toMatchObject({ issues: [{ message: expect.stringMatching(/numpy\[version=1|position|character/) }] });
  });
});
