import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runClient } from '../client-process.ts';
import { describeWithPython } from '../describe-with-python.ts';
import { runSluiceCli } from '../sluice-cli.ts';
import { type Sluice, startSluice } from './start-sluice.ts';

await describeWithPython('conda with the settings that the command line writes', (python) => {
  let sluice: Sluice;
  beforeAll(async () => {
    sluice = await startSluice();
    for (const channel of ['anaconda', 'r']) await sluice.makeChannel(channel, { privacy: 'public' });
  });
  afterAll(() => sluice.close());

  it('resolves defaults to our channels, and is as before when they are restored', async () => {
    const home = sluice.newFolder('condarc');
    const file = path.join(home, '.condarc');
    const before = '# mine\nshow_channel_urls: true # always\n';
    writeFileSync(file, before);
    const show = async () => {
      const argv = [python, '-m', 'conda', 'config', '--show', '--json'] as const;
      const { stdout } = await runClient({ argv, work: home, env: { CONDARC: file } });
      return JSON.parse(stdout);
    };
    const own = await show();
    const written = await runSluiceCli(home, sluice.app.url, ['condarc', 'write', 'anaconda', 'r', '--file', file], {
      token: await sluice.app.adminToken(),
    });
    expect(written).toMatchObject({ status: 0 });
    const shown = await show();
    expect(shown.channels).toEqual(['defaults']);
    const urls = ['anaconda', 'r'].map((channel) => `${sluice.app.url}/api/repo/${channel}`);
    expect(shown.custom_multichannels.defaults.map(urlOf)).toEqual(urls);
    expect(shown.show_channel_urls).toBe(true);
    await runSluiceCli(home, sluice.app.url, ['condarc', 'restore', '--file', file]);
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect((await show()).custom_multichannels).toEqual(own.custom_multichannels);
  });
});

/** How conda shows a channel. */
function urlOf({ scheme, location, name }: { scheme: string; location: string; name: string }): string {
  return `${scheme}://${location}/${name}`;
}
