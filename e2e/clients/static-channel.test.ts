import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  condaSubdirs,
  readCondaIndex,
  startUpstreamServer,
  type UpstreamServer,
  writeCondaChannel,
} from '@sluice/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runConda } from './conda-cli.ts';
import { makeCondaFolder } from './conda-folder.ts';
import { describeWithPython } from './describe-with-python.ts';
import { readMetadataByRange } from './range-metadata.ts';
import { rattlerJsSolve } from './rattler-js.ts';
import { rattlerInstall, rattlerSolve } from './rattler-python.ts';

// The clients against a plain file server: what fails here is the harness, what fails later is Sluice.

const work = mkdtempSync(path.join(os.tmpdir(), 'sluice-clients-'));
const folder = path.join(work, 'channel');
let open: UpstreamServer;
let guarded: UpstreamServer;

beforeAll(async () => {
  writeCondaChannel(folder);
  open = await startUpstreamServer({ folder });
  guarded = await startUpstreamServer({ folder, token: 'tk-abc' });
});
afterEach(() => {
  open.reset();
  guarded.reset();
});
afterAll(async () => {
  await Promise.all([open.close(), guarded.close()]);
  rmSync(work, { recursive: true });
});

const sentence = 'Sluice refuses this: say please.';
// conda 24.7 shows `message`, newer ones `detail`.
const refusal = { status: 403, body: { title: 'Refused', status: 403, detail: sentence, message: sentence } };

describe('@conda-org/rattler', () => {
  it('solves', async () => {
    const solved = await rattlerJsSolve(['zlib'], [`${open.url}/`], ['osx-64', 'noarch']);
    expect(solved).toEqual([
      expect.objectContaining({
        file: 'zlib-1.2.11-h1de35cc_3.conda',
        url: `${open.url}/osx-64/zlib-1.2.11-h1de35cc_3.conda`,
      }),
    ]);
    expect(open.count('/osx-64/repodata.json.zst')).toBe(1);
  });

  it('shows its token by the path', async () => {
    const solve = (channel: string) => rattlerJsSolve(['zlib'], [channel], ['osx-64', 'noarch']);
    expect(await solve(`${guarded.url}/t/tk-abc/`)).toHaveLength(1);
    await expect(solve(`${guarded.url}/t/tk-abd/`)).rejects.toThrow(/401/);
  });

  it('says so when nothing fits', async () => {
    await expect(rattlerJsSolve(['zlib >=2'], [`${open.url}/`], ['osx-64', 'noarch'])).rejects.toThrow(/zlib/);
  });

  it('fails when the channel refuses', async () => {
    open.fail(/./, refusal);
    await expect(rattlerJsSolve(['zlib'], [`${open.url}/`], ['osx-64', 'noarch'])).rejects.toThrow(/403/);
  });
});

const forWindows = { specs: ['zlib'], platform: 'win-64', virtualPackages: { vc: '14.1', vs2015_runtime: '14.16' } };
const forHere = { specs: ['dependent', 'small-executable', 'activate_deactivate_package'], platform: 'linux-64' };

await describeWithPython('py-rattler', (python) => {
  it('solves zlib, downloads and links it', async () => {
    const prefix = path.join(work, 'rattler-zlib');
    const answer = await rattlerInstall(python, work, { channels: [`${open.url}/`], ...forWindows, prefix });
    expect(answer).toMatchObject({ ok: true, value: { records: [{ name: 'zlib', version: '1.2.11' }] } });
    expect(existsSync(path.join(prefix, 'Library/bin/zlib.dll'))).toBe(true);
    expect(open.count('/win-64/zlib-1.2.11-h62dcd97_3.conda')).toBe(1);
  });

  it('installs with dependencies, and reports what it asked for', async () => {
    const prefix = path.join(work, 'rattler-noarch');
    const answer = await rattlerInstall(python, work, { channels: [`${open.url}/`], ...forHere, prefix });
    if (!answer.ok) throw new Error(answer.text);
    expect(Object.keys(answer.value.linked)).toEqual([
      'activate_deactivate_package',
      'dependency',
      'dependent',
      'small-executable',
    ]);
    expect(answer.value.asked).toContain('/linux-64/repodata.json.zst');
    expect(new Set(answer.value.asked)).toEqual(new Set(open.asked.map(({ path: asked }) => asked)));
  });

  it.each([
    ['the path', () => ({ channels: [`${guarded.url}/t/tk-abc/`] }), true],
    ['Bearer', () => ({ channels: [`${guarded.url}/`], bearer: { '127.0.0.1': 'tk-abc' } }), true],
    ['a header', () => ({ channels: [`${guarded.url}/`], headers: { authorization: 'Bearer tk-abc' } }), true],
    ['a wrong path', () => ({ channels: [`${guarded.url}/t/tk-abd/`] }), false],
    ['a wrong Bearer', () => ({ channels: [`${guarded.url}/`], bearer: { '127.0.0.1': 'tk-abd' } }), false],
    ['nothing', () => ({ channels: [`${guarded.url}/`] }), false],
  ])('shows its token by %s', async (_by, how, isIn) => {
    const prefix = mkdtempSync(path.join(work, 'prefix-'));
    const answer = await rattlerInstall(python, work, { ...how(), ...forWindows, prefix });
    if (isIn)
      expect(answer).toMatchObject({ ok: true, value: { linked: { zlib: { file: 'zlib-1.2.11-h62dcd97_3.conda' } } } });
    else expect(answer).toMatchObject({ ok: false, text: expect.stringMatching(/401/) });
  });

  it('passes on that the index was refused', async () => {
    open.fail(/repodata/, refusal);
    const answer = await rattlerSolve(python, work, { channels: [`${open.url}/`], ...forWindows });
    expect(answer).toMatchObject({ ok: false, error: 'GatewayError', text: expect.stringMatching(/403/) });
  });

  it('passes on that a package was refused, or was not what the index says', async () => {
    open.fail(/\.conda$/, refusal);
    const prefix = mkdtempSync(path.join(work, 'prefix-'));
    const refused = await rattlerInstall(python, work, { channels: [`${open.url}/`], ...forWindows, prefix });
    expect(refused).toMatchObject({ ok: false, error: 'InstallerError', text: expect.stringMatching(/403/) });
    open.fail(/\.conda$/, { wrongBytes: true });
    const spoilt = await rattlerInstall(python, work, { channels: [`${open.url}/`], ...forWindows, prefix });
    expect(spoilt).toMatchObject({ ok: false, error: 'InstallerError' });
  });
});

await describeWithPython('conda', (python) => {
  const create = (channel: string, ...specs: string[]) => {
    const prefix = mkdtempSync(path.join(work, 'prefix-'));
    const args = ['create', '--yes', '--override-channels', '--channel', channel, '--prefix', prefix, ...specs];
    return runConda(python, work, args).then((ending) => ({ ...ending, prefix }));
  };

  it('creates an environment', async () => {
    const { status, stderr, prefix } = await create(open.url, ...forHere.specs);
    expect({ status, stderr }).toMatchObject({ status: 0 });
    for (const name of ['dependency-2.0-0', 'dependent-2.0-0', 'small-executable-1.0-0']) {
      expect(existsSync(path.join(prefix, `conda-meta/${name}.json`))).toBe(true);
    }
    expect(open.count('/noarch/repodata.json.zst')).toBe(1);
    expect(open.count('/noarch/dependency-2.0-0.conda')).toBe(1);
  });

  it('shows its token by the path', async () => {
    expect(await create(`${guarded.url}/t/tk-abc`, 'dependent')).toMatchObject({ status: 0 });
    const refused = await create(guarded.url, 'dependent');
    expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining('401') });
  });

  it.each([
    ['the index', /repodata/],
    ['a package', /\.conda$/],
  ])('shows why %s was refused', async (_what, paths) => {
    open.fail(paths, refusal);
    const refused = await create(open.url, 'dependent');
    expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining(sentence) });
  });

  it('finds out that a package is not what the index says', async () => {
    open.fail(/\.conda$/, { wrongBytes: true });
    expect(await create(open.url, 'dependent')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/checksum/i),
    });
  });
});

await describeWithPython('conda-package-streaming', (python) => {
  it('reads the metadata of a .conda by Range', async () => {
    const url = `${open.url}/win-64/zlib-1.2.11-h62dcd97_3.conda`;
    const answer = await readMetadataByRange(python, work, url);
    if (!answer.ok) throw new Error(answer.text);
    expect(answer.value.index).toMatchObject({ name: 'zlib', version: '1.2.11', subdir: 'win-64' });
    expect(answer.value.asked.every(({ status }) => status === 206)).toBe(true);
    expect(answer.value.bytes).toBe(open.asked.reduce((sum, { bytes }) => sum + bytes, 0));
    expect(answer.value.bytes).toBeLessThan(30_000);
  });

  it('does not read it from a server without ranges', async () => {
    const plain = await startUpstreamServer({ folder, ranges: false });
    const answer = await readMetadataByRange(python, work, `${plain.url}/win-64/zlib-1.2.11-h62dcd97_3.conda`);
    await plain.close();
    expect(answer).toMatchObject({ ok: false, error: 'HTTPRangeRequestUnsupported' });
  });
});

await describeWithPython('conda-index', (python) => {
  it('still writes what testkit keeps of it', async () => {
    const made = path.join(work, 'indexed');
    await makeCondaFolder(python, made);
    for (const subdir of condaSubdirs) {
      for (const document of ['repodata.json', 'run_exports.json'] as const) {
        const written = readFileSync(path.join(made, subdir, document), 'utf8');
        expect(written).toBe(readCondaIndex(subdir, document).toString());
      }
      for (const name of ['repodata.json.zst', 'current_repodata.json', 'repodata_shards.msgpack.zst']) {
        expect(existsSync(path.join(made, subdir, name))).toBe(true);
      }
    }
    expect(existsSync(path.join(made, 'channeldata.json'))).toBe(true);
  });
});
