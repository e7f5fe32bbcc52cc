import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildCondaPackage } from '@sluice/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rattlerJsSolve } from '../rattler-js.ts';
import { runSluiceCli } from '../sluice-cli.ts';
import { type Sluice, startSluice } from './start-sluice.ts';

describe('publications, patches and maintenance by the command line', () => {
  let sluice: Sluice;
  let home: string;

  /** Run it for people. @returns its lines, none longer than 80 columns. */
  async function cli(words: string, stdin?: string): Promise<string[]> {
    const { status, stdout, stderr } = await runSluiceCli(home, sluice.app.url, words.split(' '), { stdin });
    if (status !== 0) throw new Error(`sluice ${words} ended with ${status}: ${stdout}${stderr}`);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    return lines;
  }
  const solve = async (channel: string) => {
    const solved = await rattlerJsSolve(['own-app'], [sluice.address(channel)], ['osx-64', 'noarch']);
    return solved.map(({ file }) => file).sort();
  };
  const upload = async (version: string) => {
    const { fileName, bytes } = await buildCondaPackage({ name: 'own-app', version, depends: ['dependent'] });
    writeFileSync(path.join(home, fileName), bytes);
    await cli(`upload --channel team ${fileName}`);
    await sluice.app.jobsDone();
  };
  const first = ['dependency-2.0-0.conda', 'dependent-2.0-0.conda', 'own-app-1.0-0.conda'];
  const second = [...first.slice(0, 2), 'own-app-2.0-0.conda'];

  beforeAll(async () => {
    sluice = await startSluice();
    home = sluice.newFolder('cli');
    await cli('login --username admin --password-stdin', 'correct horse battery');
    await cli('channel create team --privacy public');
    await cli(`mirror create upstream --channel team --source ${sluice.upstream.url} --wait --quiet`);
    await upload('1.0');
    await cli('publication pin team release head');
    await upload('2.0');
  });
  afterAll(() => sluice.close());

  it('says what was published, and what became of it', async () => {
    const list = await cli('publication list team');
    await cli('publication show team head');
    const compared = await cli('publication compare team release head');
    expect(list.join('\n')).toMatch(/release/);
    expect(compared.join('\n')).toMatch(/own-app-2\.0-0\.conda/);
    expect([await solve('team@release'), await solve('team')]).toEqual([first, second]);
  });

  it('shows an earlier publication again, until it is told otherwise', async () => {
    await cli('publication rollback team release');
    expect(await solve('team')).toEqual(first);
    await cli('channel show team');
    await cli('channel unfreeze team');
    await sluice.app.jobsDone();
    expect(await solve('team')).toEqual(second);
    await cli('publication list team');
    await cli('publication unpin team release');
  });

  it('patches, after it was tried', async () => {
    const instructions = { 'packages.conda': { 'own-app-2.0-0.conda': { depends: ['dependent <2'] } } };
    writeFileSync(path.join(home, 'patch_instructions.json'), JSON.stringify(instructions));
    await cli('patch set team patch_instructions.json --subdir noarch --dry-run');
    expect(await solve('team')).toEqual(second);
    await cli('patch set team patch_instructions.json --subdir noarch');
    await sluice.app.jobsDone();
    const patched = ['dependency-1.0-0.conda', 'dependent-1.0-0.conda', 'own-app-2.0-0.conda'];
    expect(await solve('team')).toEqual(patched);
    await cli('patch show team');
    const compared = await cli('publication compare team 2 head');
    expect(compared.join('\n')).toMatch(/own-app-2/);
    await cli('patch clear team --all');
    await sluice.app.jobsDone();
    expect(await solve('team')).toEqual(second);
  });

  it('collects and checks', async () => {
    expect((await cli('maintenance collect --dry-run')).join('\n')).toMatch(/nothing was changed/);
    await cli('maintenance collect');
    await cli('maintenance check --deep');
    await cli('maintenance retention');
    await cli('channel history team');
    expect(await solve('team')).toEqual(second);
  });
});
