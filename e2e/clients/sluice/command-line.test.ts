import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildCondaPackage, type CondaPackageOptions } from '@sluice/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runConda } from '../conda-cli.ts';
import { describeWithPython } from '../describe-with-python.ts';
import { rattlerInstall } from '../rattler-python.ts';
import { runSluiceCli } from '../sluice-cli.ts';
import { type Sluice, startSluice } from './start-sluice.ts';

const installed = {
  dependency: { file: 'dependency-1.0-0.conda' },
  dependent: { file: 'dependent-1.0-0.conda' },
  'own-lib': { file: 'own-lib-1.0-0.conda' },
  'own-app': { file: 'own-app-2.1-0.tar.bz2' },
};

await describeWithPython('a channel made with the command line', (python) => {
  let sluice: Sluice;
  let home: string;
  let token: string;

  /** Run it, and read the answer that it gives in JSON. */
  async function cli(args: string[], stdin?: string) {
    const { status, stdout, stderr } = await runSluiceCli(home, sluice.app.url, [...args, '--json'], { stdin });
    if (status !== 0) throw new Error(`sluice ${args.join(' ')} ended with ${status}: ${stdout}${stderr}`);
    return JSON.parse(stdout);
  }

  beforeAll(async () => {
    sluice = await startSluice();
    home = sluice.newFolder('cli');
    await cli(['login', '--username', 'admin', '--password-stdin'], 'correct horse battery');
    await cli(['channel', 'create', 'own']);
    await cli([
      ...['mirror', 'create', 'upstream', '--channel', 'own', '--source', sluice.upstream.url],
      ...['--exclude-spec', 'dependent >=2', '--wait'],
    ]);
    // One of each format; the library needs a mirrored package.
    const packages: CondaPackageOptions[] = [
      { name: 'own-lib', depends: ['dependent'], files: { 'share/own-lib.txt': 'lib\n' } },
      { name: 'own-app', version: '2.1', depends: ['own-lib'], files: { 'share/own-app.txt': 'app\n' } },
    ];
    for (const [index, format] of (['conda', 'tar.bz2'] as const).entries()) {
      const { fileName, bytes } = await buildCondaPackage({ ...packages[index]!, format });
      writeFileSync(path.join(home, fileName), bytes);
    }
    const files = ['own-lib-1.0-0.conda', 'own-app-2.1-0.tar.bz2'];
    const { counts } = await cli(['upload', '--channel', 'own', ...files]);
    expect(counts).toMatchObject({ uploaded: 2, failed: 0 });
    await sluice.app.jobsDone();
    ({ token } = await cli(['token', 'create', 'laptop', '--resource', 'own:read']));
  });
  afterAll(() => sluice.close());

  const expectLinked = (prefix: string) => {
    expect(readFileSync(path.join(prefix, 'share/own-lib.txt'), 'utf8')).toBe('lib\n');
    expect(readFileSync(path.join(prefix, 'share/own-app.txt'), 'utf8')).toBe('app\n');
    for (const { file } of Object.values(installed)) {
      const meta = `${file.replace(/\.(conda|tar\.bz2)$/, '')}.json`;
      expect(existsSync(path.join(prefix, 'conda-meta', meta)), file).toBe(true);
    }
  };

  it('installs uploads beside mirrored packages with py-rattler', async () => {
    const prefix = sluice.newFolder('prefix');
    const request = { channels: [sluice.address('own', token)], specs: ['own-app'], platform: 'linux-64', prefix };
    const answer = await rattlerInstall(python, sluice.work, request);
    expect(answer).toMatchObject({ ok: true, value: { linked: installed } });
    expectLinked(prefix);
  });

  it('is where conda looks with the settings that it is told to have', async () => {
    const { text } = await cli(['setup', 'conda', 'own']);
    const condaHome = sluice.newFolder('conda');
    mkdirSync(path.join(condaHome, '.conda'));
    writeFileSync(path.join(condaHome, '.conda/.condarc'), text.replaceAll('<TOKEN>', token));
    const prefix = sluice.newFolder('prefix');
    const args = ['create', '--yes', '--prefix', prefix, 'own-app'];
    expect(await runConda(python, sluice.work, args, {}, condaHome)).toMatchObject({ status: 0 });
    expectLinked(prefix);
  });
});
