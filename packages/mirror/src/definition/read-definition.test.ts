import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { MirrorError } from '../errors.ts';
import { certificatesIn } from './read-ca.ts';
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
      address: { url: 'https://conda.anaconda.org/conda-forge', proxy: null, ca: null, secret: {} },
      mode: 'passive',
      cron: '0 0 1 * *',
      time_zone: 'UTC',
      filters: {},
      keep_legacy: false,
      internal: false,
      limits: {},
      keep_removed: false,
      grace_days: null,
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
          limits: { concurrency: 4, bytes_per_second: 1_000_000 },
          keep_removed: true,
          grace_days: 30,
        },
        now,
      ),
    ).toEqual({
      name: 'forge',
      type: 'conda',
      address: { url: 'file:///srv/channel', proxy: 'http://proxy:3128', ca: null, secret: { proxyUserInfo: 'u:p' } },
      mode: 'active',
      cron: '0 3 * * 1',
      time_zone: 'Europe/Berlin',
      filters,
      keep_legacy: true,
      internal: false,
      limits: { concurrency: 4, bytes_per_second: 1_000_000 },
      keep_removed: true,
      grace_days: 30,
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
    ['a schedule that is none', { cron: 'sometimes' }, ['cron cron_invalid']],
    ['a schedule that is a number', { cron: 5 }, ['cron cron_invalid']],
    ['no such zone', { time_zone: 'Europe/Nowhere' }, ['time_zone time_zone_invalid']],
    ['a text for a flag', { keep_legacy: 'yes' }, ['keep_legacy not_boolean']],
    ['limits in a list', { limits: [4] }, ['limits limit_invalid']],
    ['no files at once', { limits: { concurrency: 0 } }, ['limits.concurrency limit_invalid']],
    ['a thousand at once', { limits: { concurrency: 1000 } }, ['limits.concurrency limit_invalid']],
    ['a rate as text', { limits: { bytes_per_second: '1M' } }, ['limits.bytes_per_second limit_invalid']],
    ['another limit', { limits: { files: 3 } }, ['limits.files limit_unknown']],
    ['limits of the installation', { limits: { concurrency: null, bytes_per_second: null } }, []],
    ['a grace of no use', { grace_days: 30 }, ['grace_days grace_invalid']],
    ['a grace of half a day', { keep_removed: true, grace_days: 0.5 }, ['grace_days grace_invalid']],
    ['keep as text', { keep_removed: 'for ever' }, ['keep_removed not_boolean']],
    ['certificates that are none', { ca: 'MIIB…' }, ['ca ca_invalid']],
    [
      'a certificate that cannot be read',
      { ca: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' },
      ['ca ca_invalid'],
    ],
    ['a private key', { ca: '-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----' }, ['ca ca_invalid']],
    ['credentials as text', { credentials: 'me:secret' }, ['credentials credentials_invalid']],
    ['a password of nobody', { credentials: { password: 'secret' } }, ['credentials credentials_invalid']],
    ['two kinds', { credentials: { username: 'me', token: 'secret' } }, ['credentials credentials_invalid']],
    ['a token of two lines', { credentials: { token: 'a\r\nb' } }, ['credentials credentials_invalid']],
    ['a user with a colon', { credentials: { username: 'a:b' } }, ['credentials credentials_invalid']],
    [
      'credentials twice',
      { source_root: 'https://me:secret@host/c', credentials: { token: 'x' } },
      ['credentials credentials_invalid'],
    ],
    [
      'everything at once',
      { mirror_name: '', source_root: '', cron: '', filters: { subdirs: 'noarch' } },
      ['mirror_name name_invalid', 'source_root required', 'cron cron_invalid', 'filters.subdirs not_list'],
    ],
  ])('%s', (_, input, issues) => {
    expect(issuesOf(input)).toEqual(issues);
  });
});

describe('schedules, credentials and certificates', () => {
  const read = (input: Partial<MirrorInput>) => readDefinition({ ...least, ...input }, now);

  test.each([
    ['hourly', '0 * * * *'],
    ['daily', '0 0 * * *'],
    ['@Weekly', '0 0 * * 0'],
    ['monthly', '0 0 1 * *'],
    ['yearly', '0 0 1 1 *'],
    [' 5  4 * * * ', '5 4 * * *'],
  ])('%j is %s', (cron, fields) => {
    expect(read({ cron }).cron).toBe(fields);
  });

  test.each<[unknown, string, object]>([
    [undefined, 'https://u:p@host/c', { userInfo: 'u:p' }],
    [null, 'https://host/t/abc/c', { token: 'abc' }],
    [{ token: 'abc' }, 'https://host/c', { bearer: 'abc' }],
    [{ username: 'me@home', password: 'p:/' }, 'https://host/c', { userInfo: 'me%40home:p%3A%2F' }],
    [{ username: 'key', password: '' }, 'https://host/c', { userInfo: 'key' }],
  ])('%j beside %s', (credentials, source_root, secret) => {
    expect(read({ credentials, source_root }).address.secret).toEqual(secret);
  });

  test('certificates are told apart by what they are, not by how they were written', () => {
    const pem = readFileSync(new URL('../fetch/testdata/localhost.pem', import.meta.url), 'utf8');
    const { ca } = read({ ca: `subject=somebody\n${pem.replaceAll('\n', '\r\n')}` }).address;
    expect(ca).toBe(read({ ca: pem }).address.ca);
    expect(certificatesIn(ca)).toEqual([
      {
        subject: expect.stringContaining('CN='),
        fingerprint: expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/),
        expires_at: expect.any(Date),
      },
    ]);
    expect(read({ ca: '' }).address.ca).toBeNull();
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
        exclude_non_curated_cve: false,
        include_dependencies: false,
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
    ['a score above all', { cve_score_threshold: 10.1 }, ['filters.cve_score_threshold score_invalid']],
    ['a score below all', { cve_score_threshold: -0.1 }, ['filters.cve_score_threshold score_invalid']],
    ['a score as text', { cve_score_threshold: '7' }, ['filters.cve_score_threshold score_invalid']],
    ['uncurated as text', { exclude_non_curated_cve: 'yes' }, ['filters.exclude_non_curated_cve not_boolean']],
    ['signed as text', { only_signed: 'yes' }, ['filters.only_signed not_boolean']],
    ['dependencies of nothing', { include_dependencies: true }, ['filters.include_dependencies specs_conflict']],
    [
      'environments of conda',
      { only_specs: ['a'], include_dependencies: ['linux-64:3.12'] },
      ['filters.include_dependencies not_boolean'],
    ],
    ['projects', { projects: ['django'] }, ['filters.projects filter_of_another_type']],
    ['nonsense', { onlyspecs: ['a'] }, ['filters.onlyspecs filter_unknown']],
    ['a list', [], ['filters not_list']],
  ])('%s', (_, filters, issues) => {
    const read = readMirrorFilters(filters, 'conda');
    expect('issues' in read ? read.issues.map((issue) => `${issue.field} ${issue.code}`) : []).toEqual(issues);
  });

  test('scores and flags are kept, 0 too', () => {
    const given = {
      only_specs: ['a'],
      cve_score_threshold: 0,
      exclude_non_curated_cve: true,
      only_signed: true,
      include_dependencies: true,
    };
    expect(readMirrorFilters(given, 'conda')).toEqual({ filters: given });
  });

  test('a bad spec is shown with its place', () => {
    const read = readMirrorFilters({ only_specs: ['numpy[version=1'] }, 'conda');
    expect(read).toMatchObject({ issues: [{ message: expect.stringMatching(/numpy\[version=1|position|character/) }] });
  });
});
