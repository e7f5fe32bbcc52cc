import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeWithPython } from '../describe-with-python.ts';
import { type RattlerRequest, rattlerInstall, rattlerSolve } from '../rattler-python.ts';
import { type Sluice, startSluice } from './start-sluice.ts';

const filters = { exclude_specs: ['dependent >=2', 'private-package'] };
const wanted = { specs: ['dependent', 'small-executable'], platform: 'linux-64' };
/** Without the filter it would be dependent 2.0 with dependency 2.0. */
const allowed = {
  dependency: { file: 'dependency-1.0-0.conda' },
  dependent: { file: 'dependent-1.0-0.conda' },
  'small-executable': { file: 'small-executable-1.0-0.conda' },
};

await describeWithPython('py-rattler on a mirrored, filtered channel', (python) => {
  let sluice: Sluice;
  const tokens: Record<string, string> = {};

  beforeAll(async () => {
    sluice = await startSluice();
    for (const [channel, privacy] of [
      ['open', 'public'],
      ['members', 'authenticated'],
      ['closed', 'private'],
      ['open/inner', 'private'],
    ] as const) {
      await sluice.makeChannel(channel, { privacy });
      await sluice.mirror(channel, { mirror_mode: 'passive', filters });
      tokens[channel] = await sluice.readToken(channel);
    }
    tokens.member = await sluice.app.signIn('member');
  });
  afterAll(() => sluice.close());

  const install = (request: Partial<RattlerRequest> & Pick<RattlerRequest, 'channels'>) =>
    rattlerInstall(python, sluice.work, { ...wanted, ...request, prefix: sluice.newFolder('prefix') });

  it('solves, downloads, verifies and links; nothing is asked of the upstream twice', async () => {
    const prefix = sluice.newFolder('prefix');
    const request = { ...wanted, channels: [sluice.address('open')], prefix };
    const first = await rattlerInstall(python, sluice.work, request);
    expect(first).toMatchObject({ ok: true, value: { linked: allowed } });
    if (!first.ok) return;
    for (const { file, files } of Object.values(first.value.linked)) {
      for (const linked of files) expect(existsSync(path.join(prefix, linked)), `${file}: ${linked}`).toBe(true);
      expect(sluice.upstream.count(`/noarch/${file}`)).toBe(1);
    }
    for (const record of first.value.records) {
      const source = JSON.parse(readFileSync(path.join(sluice.folder, record.subdir, 'repodata.json'), 'utf8'));
      expect(record).toMatchObject({
        url: `${sluice.address('open')}${record.subdir}/${record.file}`,
        sha256: source['packages.conda'][record.file].sha256,
      });
    }
    await sluice.upstream.close();
    const again = await install({ channels: [sluice.address('closed', tokens.closed)] });
    expect(again).toMatchObject({ ok: true, value: { linked: allowed } });
  });

  describe.each(['closed', 'members', 'open/inner'])('%s', (channel) => {
    const bare = () => ({ channels: [sluice.address(channel)] });
    const host = '127.0.0.1';

    it.each([
      ['the path', () => ({ channels: [sluice.address(channel, tokens[channel])] })],
      ['Bearer', () => ({ ...bare(), bearer: { [host]: tokens[channel]! } })],
      ['X-Auth', () => ({ ...bare(), headers: { 'x-auth': tokens[channel]! } })],
    ])('installs with the token by %s', async (_by, how) => {
      expect(await install(how())).toMatchObject({ ok: true, value: { linked: allowed } });
    });

    it.each([
      ['401 for nothing', bare],
      ['401 for a token that does not hold', () => ({ channels: [sluice.address(channel, 'tk-abc')] })],
      ['404 for the token of another channel', () => ({ channels: [sluice.address(channel, tokens.open)] })],
    ])('answers %s', async (answer, how) => {
      const refused = await install(how());
      expect(refused).toMatchObject({ ok: false, text: expect.stringContaining(answer.slice(0, 3)) });
    });
  });

  it('lets whoever has signed in have authenticated channels, and no private ones', async () => {
    const as = (channel: string) => ({ channels: [sluice.address(channel)], bearer: { '127.0.0.1': tokens.member! } });
    expect(await install(as('members'))).toMatchObject({ ok: true, value: { linked: allowed } });
    expect(await install(as('closed'))).toMatchObject({ ok: false, text: expect.stringContaining('404') });
  });

  it.each(['private-package', 'dependent >=2'])('finds no solution for %s, which is filtered', async (spec) => {
    const request = { ...wanted, channels: [sluice.address('open')], specs: [spec] };
    const answer = await rattlerSolve(python, sluice.work, request);
    expect(answer).toMatchObject({
      ok: false,
      error: 'SolverError',
      text: expect.stringContaining(spec.split(' ')[0]!),
    });
  });

  it('is refused a file of its lock that a new rule forbids, and told why', async () => {
    const { app } = sluice;
    await sluice.makeChannel('locked');
    await sluice.mirror('locked', { source_root: sluice.folder });
    const lock = path.join(sluice.newFolder('lock'), 'pixi.lock');
    const request = { ...wanted, channels: [sluice.address('locked')], lock };
    expect(await rattlerSolve(python, sluice.work, request)).toMatchObject({ ok: true });
    expect(readFileSync(lock, 'utf8')).toContain('dependency-2.0-0.conda');
    expect(await install(request)).toMatchObject({ ok: true, value: { linked: { dependent: {} } } });

    const body = { filters: { exclude_specs: ['dependency=2'] } };
    await app.request('PUT', '/api/channels/locked', { token: await app.adminToken(), body });
    const file = '/api/repo/locked/noarch/dependency-2.0-0.conda';
    await expect.poll(async () => (await app.request('GET', file)).status).toBe(403);
    const refused = await install(request);
    expect(refused).toMatchObject({ ok: false, error: 'InstallerError', text: expect.stringContaining('403') });
    expect(refused).toMatchObject({ text: expect.stringContaining('dependency-2.0-0.conda') });
    expect((await app.request('GET', file)).json.detail).toMatch(
      /^noarch\/dependency-2\.0-0\.conda is blocked by channel locked: rule "exclude_specs: dependency=2", because .+\. .+\.$/,
    );
  });
});
