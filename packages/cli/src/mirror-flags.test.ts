import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { commands } from './commands.ts';
import { type MirrorFlags, mirrorFields } from './mirror-flags.ts';
import { parseCommandLine } from './program.ts';
import { memoryIo } from './testing/memory-io.ts';

const pem = fileURLToPath(new URL('../../mirror/src/fetch/testdata/localhost.pem', import.meta.url));

const fieldsOf = async (...argv: string[]) => {
  const { input } = await parseCommandLine(['mirror', 'edit', 'm', ...argv], commands, memoryIo());
  return mirrorFields(input as MirrorFlags);
};

// product.md 14.2: each flag, in its old and its new spelling, is a field of MI-03.
test.each<[argv: string[], fields: object]>([
  [[], {}],
  [['--source', 'https://x/y'], { source_root: 'https://x/y' }],
  [['-s', '/srv/x'], { source_root: '/srv/x' }],
  [['--mode', 'active'], { mirror_mode: 'active' }],
  [['--type', 'CRAN'], { mirror_type: 'CRAN' }],
  [['--cron', '0 0 * * *'], { cron: '0 0 * * *' }],
  [['--time-zone', 'Europe/Berlin'], { time_zone: 'Europe/Berlin' }],
  [['--proxy', 'http://p:3128'], { proxy: 'http://p:3128' }],
  [['--proxy', ''], { proxy: null }],
  [['--keep-legacy'], { keep_legacy: true }],
  [['--keep_legacy', 'no'], { keep_legacy: false }],
  [['--subdirs', 'linux-64, noarch'], { filters: { subdirs: ['linux-64', 'noarch'] } }],
  [['--subdirs', 'linux-64', '--subdirs', 'noarch'], { filters: { subdirs: ['linux-64', 'noarch'] } }],
  [['--subdirs', ''], { filters: { subdirs: [] } }],
  [['--projects', 'a,b'], { filters: { projects: ['a', 'b'] } }],
  [['--licenses', '-gpl3,mit,+bsd'], { filters: { include_licenses: ['mit', 'bsd'], exclude_licenses: ['gpl3'] } }],
  [['--licenses=-gpl3'], { filters: { exclude_licenses: ['gpl3'] } }],
  [['--licenses', ''], { filters: { include_licenses: [], exclude_licenses: [] } }],
  [['--only_spec', 'numpy >=1,<2', '--only-spec', 'zlib'], { filters: { only_specs: ['numpy >=1,<2', 'zlib'] } }],
  [['--exclude_spec', 'python<3.9'], { filters: { exclude_specs: ['python<3.9'] } }],
  [['--include_spec', 'python'], { filters: { include_specs: ['python'] } }],
  [['--include-spec', ''], { filters: { include_specs: [] } }],
  [
    ['--date_from', '2024-01-01', '--date-to', '2024-12-31'],
    { filters: { date_from: '2024-01-01', date_to: '2024-12-31' } },
  ],
  [['--date-from', ''], { filters: { date_from: null } }],
  [['--cve_score', '7.5'], { filters: { cve_score_threshold: 7.5 } }],
  [['--exclude_uncurated_cve_packages'], { filters: { exclude_non_curated_cve: true } }],
  [['--only_signed'], { filters: { only_signed: true } }],
  [['--only_signed', 'False'], { filters: { only_signed: false } }],
  [['--cve-score', ''], { filters: { cve_score_threshold: null } }],
  [['--trees', 'src/contrib'], { filters: { trees: ['src/contrib'] } }],
  [['--platforms', 'linux-64'], { filters: { platforms: ['linux-64'] } }],
  [['--python-versions', '3.12,3.13'], { filters: { python_versions: ['3.12', '3.13'] } }],
  [['--latest-versions', '3'], { filters: { latest_versions: 3 } }],
  [['--include-dependencies'], { filters: { include_dependencies: true } }],
  [['--include-dependencies', 'no'], { filters: { include_dependencies: false } }],
  [
    ['--include-dependencies', 'linux-64:3.12,win-64:3.13'],
    { filters: { include_dependencies: ['linux-64:3.12', 'win-64:3.13'] } },
  ],
  [['--frequency', 'weekly'], { cron: 'weekly' }],
  [['--source-user', 'me:a:b'], { credentials: { username: 'me', password: 'a:b' } }],
  [['--source-user', 'key'], { credentials: { username: 'key' } }],
  [['--source-token', 'abc'], { credentials: { token: 'abc' } }],
  [['--source-token', ''], { credentials: null }],
  [['--ca', pem], { ca: readFileSync(pem, 'utf8') }],
  [['--ca', ''], { ca: null }],
  [['--concurrency', '4'], { limits: { concurrency: 4 } }],
  [['--bytes-per-second', '500k', '--concurrency', ''], { limits: { bytes_per_second: 500_000, concurrency: null } }],
  [['--keep-removed'], { keep_removed: true }],
  [['--keep_removed', 'no'], { keep_removed: false }],
  [['--grace-days', '30'], { grace_days: 30 }],
  [['--grace-days', ''], { grace_days: null }],
  [['--internal'], { internal: true }],
])('%j', async (argv, fields) => {
  expect(await fieldsOf(...argv)).toEqual(fields);
});

test.each([
  [['--mode', 'lazy']],
  [['--cve-score', 'high']],
  [['--only-signed', 'maybe']],
  [['--no-such-flag']],
  [['--frequency', 'sometimes']],
  [['--frequency', 'daily', '--cron', '0 0 * * *']],
  [['--source-user', 'me', '--source-token', 'abc']],
  [['--ca', '/no/such/file.pem']],
  [['--concurrency', 'many']],
])('%j is refused', async (argv) => {
  await expect(fieldsOf(...argv)).rejects.toMatchObject({ exitCode: 1 });
});
