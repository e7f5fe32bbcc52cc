import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type BuiltPackage, buildCondaPackage } from '@sluice/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runConda } from '../conda-cli.ts';
import { describeWithPython } from '../describe-with-python.ts';
import { rattlerInstall } from '../rattler-python.ts';
import { type Sluice, startSluice } from './start-sluice.ts';

await describeWithPython('one’s own packages', (python) => {
  let sluice: Sluice;
  let own: BuiltPackage[];
  let token: string;

  beforeAll(async () => {
    sluice = await startSluice();
    // One of each format; the library needs a mirrored package.
    own = [
      await buildCondaPackage({ name: 'own-lib', depends: ['dependent =1'], files: { 'share/own-lib.txt': 'lib\n' } }),
      await buildCondaPackage({
        name: 'own-app',
        version: '2.1',
        depends: ['own-lib'],
        files: { 'share/own-app.txt': 'app\n' },
        format: 'tar.bz2',
      }),
    ];
    await sluice.makeChannel('own', { privacy: 'private' });
    await sluice.mirror('own', { mirror_mode: 'passive' });
    token = await sluice.readToken('own');
    for (const { fileName, bytes } of own) {
      const form = new FormData();
      form.set('content', new Blob([Uint8Array.from(bytes)]), fileName);
      const admin = await sluice.app.adminToken();
      const answer = await sluice.app.request('POST', '/api/channels/own/artifacts', { token: admin, body: form });
      expect(answer.status).toBe(201);
    }
    await sluice.app.jobsDone();
  });
  afterAll(() => sluice.close());

  const expectLinked = (prefix: string) => {
    expect(readFileSync(path.join(prefix, 'share/own-lib.txt'), 'utf8')).toBe('lib\n');
    expect(readFileSync(path.join(prefix, 'share/own-app.txt'), 'utf8')).toBe('app\n');
  };
  const files = {
    dependency: { file: 'dependency-1.0-0.conda' },
    dependent: { file: 'dependent-1.0-0.conda' },
    'own-lib': { file: 'own-lib-1.0-0.conda' },
    'own-app': { file: 'own-app-2.1-0.tar.bz2' },
  };

  it('are installed by py-rattler beside mirrored ones', async () => {
    const prefix = sluice.newFolder('prefix');
    const channels = [sluice.address('own', token)];
    const request = { channels, specs: ['own-app'], platform: 'linux-64', prefix };
    const answer = await rattlerInstall(python, sluice.work, request);
    expect(answer).toMatchObject({ ok: true, value: { linked: files } });
    expectLinked(prefix);
  });

  it('are installed by conda beside mirrored ones', async () => {
    const prefix = sluice.newFolder('prefix');
    const channel = ['--override-channels', '--channel', sluice.address('own', token)];
    const args = ['create', '--yes', '--prefix', prefix, ...channel, 'own-app'];
    expect(await runConda(python, sluice.work, args)).toMatchObject({ status: 0 });
    for (const { file } of Object.values(files)) {
      const meta = `${file.replace(/\.(conda|tar\.bz2)$/, '')}.json`;
      expect(existsSync(path.join(prefix, 'conda-meta', meta)), file).toBe(true);
    }
    expectLinked(prefix);
  });
});
