import { buildCondaPackage, type CondaPackageOptions } from '@sluice/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithPython } from '../describe-with-python.ts';
import { alike, type Chosen, type EveryClient, everyClient, monolithsAsked } from './every-client.ts';
import { type Sluice, startSluice } from './start-sluice.ts';

await describeWithPython('records that are more, or other, than what was uploaded', (python) => {
  let sluice: Sluice;
  let clients: EveryClient;

  const upload = async (options: CondaPackageOptions) => sluice.upload('own', await buildCondaPackage(options));
  const patches = '/api/channels/own/patches';
  async function solve(...specs: string[]): Promise<Chosen> {
    await sluice.app.jobsDone();
    const [chosen] = await clients.solve([{ channel: 'own', specs }]);
    return chosen!;
  }
  /** Without the digests. */
  const names = (chosen: Chosen) =>
    Object.fromEntries(
      Object.entries(chosen).map(([client, files]) => [
        client,
        typeof files === 'string' ? files : files.map((file) => file.split(' ')[0]),
      ]),
    );
  const everyone = (...files: string[]) => alike(files.map((file) => `noarch/${file}-0.conda`));

  beforeAll(async () => {
    sluice = await startSluice();
    clients = await everyClient(python, sluice);
    await sluice.makeChannel('own');
    await sluice.mirror('own', { filters: { only_specs: ['versioned'] } });
    await upload({ name: 'app', depends: ['versioned 1.*'] });
    await upload({ name: 'tool' });
    const extra_depends = { extra: ['versioned'] };
    await upload({ name: 'tool', version: '2.0', index: { schema_version: 3, extra_depends } });
  });
  afterAll(async () => {
    await clients.close();
    await sluice.close();
  });

  it('a v3 record is offered to those who know of it, and to nobody else', async () => {
    const { json } = await sluice.app.request('GET', '/api/repo/own/noarch/repodata.json');
    expect(Object.keys(json['packages.conda'])).not.toContain('tool-2.0-0.conda');
    expect(json.v3.conda).toMatchObject({ 'tool-2.0-0': { extra_depends: { extra: ['versioned'] } } });
    expect(names(await solve('tool'))).toEqual({
      ...everyone('tool-1.0'),
      'py-rattler by shards': ['noarch/tool-2.0-0.conda'],
      'py-rattler by repodata': ['noarch/tool-2.0-0.conda'],
    });
  });

  it('patches change what every client chooses; without them all is as it was', async () => {
    const before = await solve('app');
    expect(names(before)).toEqual(everyone('app-1.0', 'versioned-1.0'));
    const hotfix = { 'packages.conda': { 'app-1.0-0.conda': { depends: ['versioned 2.*'] } } };
    await sluice.ask('PUT', `${patches}/noarch`, hotfix);
    expect(names(await solve('app'))).toEqual(everyone('app-1.0', 'versioned-2.0'));
    expect(monolithsAsked(clients.sharded.asked)).toEqual([]);

    await sluice.ask('PUT', `${patches}/noarch`, { revoke: ['app-1.0-0.conda'] });
    for (const [client, said] of Object.entries(await solve('app'))) {
      expect([client, said]).toEqual([client, expect.stringMatching(/package_has_been_revoked/)]);
    }
    await sluice.ask('PUT', `${patches}/noarch`, { remove: ['versioned-1.0-0.conda'] });
    for (const [client, said] of Object.entries(await solve('app'))) {
      expect([client, said]).toEqual([client, expect.stringMatching(/versioned/)]);
    }
    await sluice.ask('DELETE', patches);
    expect(await solve('app')).toEqual(before);
  }, 300_000);
});
