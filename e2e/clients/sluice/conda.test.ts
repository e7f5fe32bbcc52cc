import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { runConda } from '../conda-cli.ts';
import { describeWithPython } from '../describe-with-python.ts';
import { type Sluice, startSluice } from './start-sluice.ts';

const filters = { exclude_specs: ['dependent >=2', 'private-package'] };
const wanted = ['dependent', 'small-executable'];
/** Without the filter it would be dependent 2.0 with dependency 2.0. */
const allowed = ['dependency-1.0-0', 'dependent-1.0-0', 'small-executable-1.0-0'];

await describeWithPython('conda on a mirrored, filtered channel', (python) => {
  let sluice: Sluice;

  beforeAll(async () => {
    sluice = await startSluice();
    for (const [channel, privacy] of [
      ['open', 'public'],
      ['closed', 'private'],
      ['open/inner', 'private'],
    ] as const) {
      await sluice.makeChannel(channel, { privacy });
      await sluice.mirror(channel, { mirror_mode: 'passive', filters });
    }
  });
  afterEach(() => sluice.upstream.reset());
  afterAll(() => sluice.close());

  const inChannels = (channels: string[]) => [
    '--override-channels',
    ...channels.flatMap((channel) => ['--channel', channel]),
  ];
  async function create(args: string[], settings?: object, home?: string) {
    const prefix = sluice.newFolder('prefix');
    const whole = ['create', '--yes', '--prefix', prefix, ...args];
    const ending = await runConda(python, sluice.work, whole, { ...settings }, home);
    const isLinked = (dist: string) => existsSync(path.join(prefix, `conda-meta/${dist}.json`));
    return { ...ending, prefix, linked: allowed.filter(isLinked) };
  }
  const post = async (url: string, body: object) =>
    sluice.app.request('POST', url, { token: await sluice.app.adminToken(), body });

  it('creates an environment: solves, downloads, verifies, links', async () => {
    const made = await create([...inChannels([sluice.address('open')]), ...wanted]);
    expect(made).toMatchObject({ status: 0, linked: allowed });
    for (const dist of allowed) {
      const meta = JSON.parse(readFileSync(path.join(made.prefix, `conda-meta/${dist}.json`), 'utf8'));
      const source = readFileSync(path.join(sluice.folder, 'noarch', `${dist}.conda`));
      expect(meta).toMatchObject({
        url: `${sluice.address('open')}noarch/${dist}.conda`,
        sha256: createHash('sha256').update(source).digest('hex'),
      });
      for (const file of meta.files) expect(existsSync(path.join(made.prefix, file)), file).toBe(true);
      expect(sluice.upstream.count(`/noarch/${dist}.conda`)).toBe(1);
    }

    sluice.upstream.fail(/./, { status: 503 });
    const later = await create([...inChannels([sluice.address('open')]), ...wanted]);
    expect(later).toMatchObject({ status: 0, linked: allowed });
  });

  it('finds nothing of what is filtered', async () => {
    const made = await create([...inChannels([sluice.address('open')]), 'private-package']);
    expect(made).toMatchObject({ status: 1, stderr: expect.stringMatching(/PackagesNotFoundError.*private-package/s) });
  });

  it('shows the sentence when a file of an explicit list is refused', async () => {
    const explicit = path.join(sluice.newFolder('explicit'), 'explicit.txt');
    const refused = `${sluice.address('open')}noarch/private-package-1.0-0.conda`;
    writeFileSync(explicit, `@EXPLICIT\n${sluice.address('open')}noarch/dependency-1.0-0.conda\n${refused}\n`);
    const made = await create(['--file', explicit]);
    expect(made).toMatchObject({ status: 1, linked: [] });
    expect(made.stderr).toContain('HTTP 403');
    expect(made.stderr.replaceAll(/\s+/g, ' ')).toContain(
      'noarch/private-package-1.0-0.conda is blocked by the mirror upstream of channel open: ' +
        'rule "exclude_specs: dependent >=2, private-package", because it matches private-package. ',
    );
  });

  it.each(['closed', 'open/inner'])('installs from the private channel %s with a token in its URL', async (channel) => {
    const token = await sluice.readToken(channel);
    for (const url of [sluice.address(channel, token), `${sluice.app.url}/api/repo/t/${token}/${channel}`]) {
      expect(await create([...inChannels([url]), ...wanted]), url).toMatchObject({ status: 0, linked: allowed });
    }
    for (const url of [sluice.address(channel), sluice.address(channel, 'tk-abc')]) {
      const refused = await create([...inChannels([url]), ...wanted]);
      expect(refused).toMatchObject({ status: 1, linked: [], stderr: expect.stringContaining('401') });
    }
  });

  it('shows a notice once, and again to who asks', async () => {
    const notice = { message: 'Sluice moves on Sunday.', level: 'warning', expires_at: '2100-01-01T00:00:00Z' };
    expect(await post('/api/channels/open/notices', notice)).toMatchObject({ status: 201 });
    const home = sluice.newFolder('conda');
    const cache = path.join(home, '.cache/conda/notices/notices.cache');
    mkdirSync(path.dirname(cache), { recursive: true });
    writeFileSync(cache, '');
    const args = [...inChannels([sluice.address('open')]), ...wanted];
    const shown: boolean[] = [];
    for (let day = 0; day < 2; day++) {
      // conda looks for notices once a day.
      utimesSync(cache, 0, 0);
      const made = await create(args, { number_channel_notices: 5 }, home);
      expect(made).toMatchObject({ status: 0, linked: allowed });
      shown.push(/\[warning\].*\n\s*Sluice moves on Sunday\./.test(made.stdout));
    }
    expect(shown).toEqual([true, false]);
    const asked = await runConda(python, sluice.work, ['notices', ...inChannels([sluice.address('open')])], {}, home);
    expect(asked).toMatchObject({ status: 0, stdout: expect.stringContaining('Sluice moves on Sunday.') });
  });

  it('takes an empty channel for a channel, alone and beside others', async () => {
    await sluice.makeChannel('empty');
    const search = await runConda(python, sluice.work, ['search', ...inChannels([sluice.address('empty')]), 'zlib']);
    expect(search).toMatchObject({ status: 1, stderr: expect.stringContaining('PackagesNotFoundError') });
    const made = await create([...inChannels([sluice.address('empty'), sluice.address('open')]), ...wanted]);
    expect(made).toMatchObject({ status: 0, linked: allowed });
  });

  it('never gets a file whose bytes went wrong on the way, and gets it when they are right', async () => {
    await sluice.makeChannel('spoilt');
    await sluice.mirror('spoilt', { mirror_mode: 'passive' });
    const args = [...inChannels([sluice.address('spoilt')]), 'versioned'];
    sluice.upstream.fail(/\.conda$/, { wrongBytes: true });
    expect(await create(args)).toMatchObject({ status: 1 });
    sluice.upstream.reset();
    const made = await create(args);
    expect(made).toMatchObject({ status: 0 });
    expect(existsSync(path.join(made.prefix, 'conda-meta/versioned-2.0-0.json'))).toBe(true);
  });
});
