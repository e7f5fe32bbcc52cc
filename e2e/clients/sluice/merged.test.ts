import path from 'node:path';
import {
  buildCondaPackage,
  buildCranTree,
  buildRPackage,
  buildWheel,
  indexedFile,
  writeSimpleIndex,
} from '@sluice/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithPython } from '../describe-with-python.ts';
import { pythonTools } from '../python-tools.ts';
import { describeWithR, runR } from '../r-cli.ts';
import { rattlerInstall } from '../rattler-python.ts';
import { type Sluice, startSluice } from './start-sluice.ts';

// A package of the house and one that somebody put into the world under its name, with a higher version: clients of the
// merged channel get the house's. Of the names that only the world has they get the world's.

let sluice: Sluice;
beforeAll(async () => {
  sluice = await startSluice();
  const types = ['conda', 'python', 'r'];
  for (const channel of ['house', 'world', 'all']) await sluice.makeChannel(channel, { types });
  await sluice.upload('house', await buildCondaPackage({ name: 'dependency', version: '0.1' }), { wait: false });
  await sluice.upload('house', await buildWheel({ name: 'demo', version: '1.0' }), { wait: false });
  await sluice.upload('house', await buildRPackage({ name: 'demo', version: '1.0' }));
  const wheels = [
    await buildWheel({ name: 'demo', version: '99.0' }),
    await buildWheel({ name: 'needy', version: '1.0', fields: { 'Requires-Dist': 'demo' } }),
  ];
  writeSimpleIndex(sluice.folder, { demo: [indexedFile(wheels[0]!)], needy: [indexedFile(wheels[1]!)] });
  buildCranTree(path.join(sluice.folder, 'src/contrib'), [
    await buildRPackage({ name: 'demo', version: '99.0' }),
    await buildRPackage({ name: 'needy', imports: 'demo' }),
  ]);
  for (const [mirror_type, source] of [
    ['conda', ''],
    ['python_simple', '/simple'],
    ['CRAN', ''],
  ] as const) {
    const source_root = sluice.upstream.url + source;
    await sluice.mirror('world', { mirror_name: mirror_type, mirror_type, source_root, keep_legacy: false });
  }
  await sluice.ask('PUT', '/api/channels/all/layers', { layers: ['house', 'world'] });
  await sluice.app.jobsDone();
});
afterAll(() => sluice.close());

await describeWithPython('py-rattler on a merged channel', (python) => {
  it('takes the house’s version of a name and everything else from the world', async () => {
    const wish = { specs: ['dependency', 'small-executable'], platform: 'linux-64' };
    const prefix = sluice.newFolder('prefix');
    const made = await rattlerInstall(python, sluice.work, { ...wish, channels: [sluice.address('all')], prefix });
    expect(made).toMatchObject({
      ok: true,
      value: {
        linked: {
          dependency: { file: 'dependency-0.1-0.conda' },
          'small-executable': { file: 'small-executable-1.0-0.conda' },
        },
      },
    });
  });
});

await describeWithPython(
  'pip and uv on a merged channel',
  (python) => {
    it.each(['pip', 'uv'] as const)(
      '%s takes the house’s version, also where the world’s package needs it',
      async (tool) => {
        const tools = pythonTools(python, sluice.newFolder);
        const folder = sluice.newFolder('installed');
        const wish = ['install', '--target', folder, '--index-url', `${sluice.address('all')}simple/`, 'needy'];
        const ended = tool === 'pip' ? await tools.pip(wish) : await tools.uv(['pip', ...wish]);
        expect(ended, ended.stderr).toMatchObject({ status: 0 });
        expect(await tools.python(folder, 'import demo; print(demo.version)')).toBe('1.0');
        // Nobody outside was even asked for it.
        expect(sluice.upstream.count('/simple/demo/')).toBe(0);
      },
    );
  },
  'tools.txt',
);

describeWithR('R on a merged channel', () => {
  it('takes the house’s version, also where the world’s package needs it', async () => {
    const code = 'install.packages("needy"); library(needy); cat(demo::hello())';
    const ended = await runR({ work: sluice.newFolder('r'), repos: `${sluice.address('all')}cran`, code });
    expect(ended, ended.stderr).toMatchObject({ status: 0, stdout: expect.stringContaining('demo 1.0') });
  });
});
