import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { buildSdist, buildWheel } from '@sluice/testkit';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { ClientEnding } from '../client-process.ts';
import { describeWithPython } from '../describe-with-python.ts';
import { type PythonTools, pythonTools } from '../python-tools.ts';
import { type Sluice, startSluice } from './start-sluice.ts';

const types = ['conda', 'python'];

// Each test runs installers several times, and each of these takes a second or more.
vi.setConfig({ testTimeout: 120_000 });

await describeWithPython(
  'pip, uv and twine on a channel of Python packages',
  (python) => {
    let sluice: Sluice;
    let tools: PythonTools;
    let token: string;

    beforeAll(async () => {
      sluice = await startSluice();
      tools = pythonTools(python, sluice.newFolder);
      for (const [channel, privacy] of [
        ['open', 'public'],
        ['closed', 'private'],
      ] as const) {
        await sluice.makeChannel(channel, { privacy, types });
      }
      token = await writeToken();
      for (const file of [
        await buildWheel({ name: 'demo', version: '1.0', fields: { 'Requires-Python': '>=3.8' } }),
        await buildWheel({ name: 'demo', version: '2.0' }),
        await buildWheel({ name: 'demo', version: '3.0', fields: { 'Requires-Python': '>=99' } }),
        await buildWheel({ name: 'Needs.Demo', fields: { 'Requires-Dist': 'demo<2' } }),
        await buildSdist({ name: 'from-source' }),
        await buildWheel({ name: 'refused', version: '1.0' }),
      ]) {
        for (const channel of ['open', 'closed']) await sluice.upload(channel, file, { wait: false });
      }
      await sluice.app.jobsDone();
    });
    afterAll(() => sluice.close());

    const index = (channel = 'open', shown?: string) => `${sluice.address(channel, shown)}simple/`;
    const version = (folder: string, module: string) =>
      tools.python(folder, `import ${module}; print(${module}.version)`);

    const oneLine = ({ stdout, stderr }: ClientEnding) => (stdout + stderr).replaceAll(/\s+/g, ' ');

    async function writeToken(): Promise<string> {
      const expires_at = new Date(Date.now() + 86_400_000).toISOString();
      const resources = ['open', 'closed'].map((channel) => ({ channel, permission: 'write' }));
      return (await sluice.ask('POST', '/api/account/tokens', { name: 'w', expires_at, resources })).token;
    }

    /** pip install into a new folder. */
    async function pipInstall(url: string, ...args: string[]) {
      const folder = sluice.newFolder('installed');
      const ending = await tools.pip(['install', '--target', folder, '--index-url', url, ...args]);
      return { ...ending, folder };
    }

    async function uvInstall(url: string, ...args: string[]) {
      const folder = sluice.newFolder('installed');
      const ending = await tools.uv(['pip', 'install', '--target', folder, '--index-url', url, ...args]);
      return { ...ending, folder };
    }

    const withBoth = (tried: (install: typeof pipInstall) => Promise<void>) =>
      Promise.all([tried(pipInstall), tried(uvInstall)]);

    it('pip and uv install what they want, with what it needs, and what is built first', async () => {
      await withBoth(async (install) => {
        const made = await install(index(), 'needs-demo', 'from_source');
        expect(made, made.stderr).toMatchObject({ status: 0 });
        expect(await version(made.folder, 'demo')).toBe('1.0');
        expect(await version(made.folder, 'from_source')).toBe('1.0');
        // Not 3.0, which wants another Python.
        const newest = await install(index(), 'demo');
        expect(await version(newest.folder, 'demo')).toBe('2.0');
      });
    });

    it('in HTML, too', async () => {
      const proxy = createServer((request, response) => {
        const headers = { ...request.headers, accept: 'text/html' };
        const to = new URL(request.url!, sluice.app.url);
        forward(to, { headers }, (answer) => {
          if (request.url!.endsWith('/demo/')) expect(answer.headers['content-type']).toMatch(/^text\/html/);
          response.writeHead(answer.statusCode!, answer.headers);
          answer.pipe(response);
        }).end();
      }).listen(0, '127.0.0.1');
      await new Promise((resolve) => proxy.once('listening', resolve));
      const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/api/repo/open/simple/`;
      await withBoth(async (install) => {
        const made = await install(url, 'needs-demo');
        expect(made, made.stderr).toMatchObject({ status: 0 });
        expect(await version(made.folder, 'demo')).toBe('1.0');
      });
      proxy.close();
    });

    it('a private channel asks for a token, in the path or as a password', async () => {
      const withPassword = index('closed').replace('://', `://__token__:${token}@`);
      await withBoth(async (install) => {
        for (const url of [index('closed', token), withPassword]) {
          const made = await install(url, 'demo==1.0');
          expect(made, made.stderr).toMatchObject({ status: 0 });
        }
        const refused = await install(index('closed'), 'demo');
        expect(refused.status).not.toBe(0);
        expect(refused.stdout + refused.stderr).toMatch(/401|credentials|No matching distribution/);
      });
    });

    it('a yanked file is passed over, unless its version is pinned; then the reason is shown', async () => {
      const { fileName } = await buildWheel({ name: 'demo', version: '2.0' });
      const yank = `/api/channels/open/artifacts/python/demo/files/${fileName}/yank`;
      await sluice.ask('PUT', yank, { reason: 'It eats files.' });
      await sluice.app.jobsDone();
      await withBoth(async (install) => {
        const made = await install(index(), 'demo');
        expect(await version(made.folder, 'demo')).toBe('1.0');
        const pinned = await install(index(), 'demo==2.0');
        expect(await version(pinned.folder, 'demo')).toBe('2.0');
        expect(pinned.stderr + pinned.stdout).toContain('It eats files.');
      });
      await sluice.ask('DELETE', yank);
      await sluice.app.jobsDone();
    });

    it('what the rules refuse is said to the user, of the one file and of the whole project', async () => {
      const { fileName } = await buildWheel({ name: 'refused', version: '1.0' });
      await sluice.ask('PUT', '/api/channels/open', { filters: { exclude_specs: ['refused'] } });
      await sluice.app.jobsDone();
      const words = /blocked by channel open: rule .exclude_specs: refused., because it matches refused/;
      const file = `${sluice.address('open')}pypi/refused/${fileName}`;
      await withBoth(async (install) => {
        for (const wish of ['refused', `refused @ ${file}`]) {
          const refused = await install(index(), wish);
          expect(refused.status).not.toBe(0);
          expect(oneLine(refused), wish).toMatch(words);
        }
      });
      await sluice.ask('PUT', '/api/channels/open', { filters: {} });
      await sluice.app.jobsDone();
    });

    it('an unknown name is not found, and one that another index has is taken from there by pip', async () => {
      await sluice.makeChannel('other', { privacy: 'public', types });
      await sluice.upload('other', await buildWheel({ name: 'demo', version: '9.0' }));
      await withBoth(async (install) => {
        const missing = await install(index(), 'nothing-of-this-name');
        expect(missing.status).not.toBe(0);
        expect(missing.stdout + missing.stderr).toMatch(/No matching distribution|not found in the package registry/);
      });
      // The highest version of any index: why there should be one.
      const mixed = await pipInstall(index(), '--extra-index-url', index('other'), 'demo');
      expect(await version(mixed.folder, 'demo')).toBe('9.0');
      const first = await uvInstall(index('other'), '--extra-index-url', index(), 'demo');
      expect(await version(first.folder, 'demo')).toBe('2.0');
    });

    it('pip download and uv pip compile get what is locked, from the past as well', async () => {
      const { publication } = await sluice.ask('GET', '/api/channels/open');
      await sluice.upload('open', await buildWheel({ name: 'demo', version: '2.5' }));
      const past = sluice.address('open').replace('/open/', `/open@${publication}/`);
      const requirements = path.join(sluice.newFolder('compile'), 'in.txt');
      writeFileSync(requirements, 'demo\n');
      for (const [url, wanted] of [
        [index(), '2.5'],
        [`${past}simple/`, '2.0'],
      ] as const) {
        const folder = sluice.newFolder('downloaded');
        const downloaded = await tools.pip(['download', '--no-deps', '-d', folder, '--index-url', url, 'demo']);
        expect(downloaded, downloaded.stderr).toMatchObject({ status: 0 });
        expect(readdirSync(folder)).toEqual([`demo-${wanted}-py3-none-any.whl`]);
        const compiled = await tools.uv(['pip', 'compile', '--generate-hashes', '--index-url', url, requirements]);
        expect(compiled, compiled.stderr).toMatchObject({ status: 0 });
        expect(compiled.stdout).toMatch(new RegExp(`demo==${wanted} \\\\\\n\\s+--hash=sha256:[0-9a-f]{64}`));
        const locked = path.join(sluice.newFolder('locked'), 'locked.txt');
        writeFileSync(locked, compiled.stdout);
        const made = await pipInstall(url, '--require-hashes', '-r', locked);
        expect(await version(made.folder, 'demo')).toBe(wanted);
      }
    });

    it('twine and uv upload what build made, and again without harm', async () => {
      const files = await built('one');
      await Promise.all([
        (async () => {
          for (const args of [files, files]) expect(await twine(...args)).toMatchObject({ status: 0 });
        })(),
        (async () => {
          expect(await uv(...files)).toMatchObject({ status: 0 });
          await sluice.app.jobsDone();
          const check = ['--check-url', index('closed', token)];
          for (const args of [files, [...check, ...files]]) expect(await uv(...args)).toMatchObject({ status: 0 });
        })(),
      ]);
      const made = await pipInstall(index('closed', token), 'built-here');
      expect(await version(made.folder, 'built_here')).toBe('1.0');
    });

    it('twine and uv say why they may not upload', async () => {
      await Promise.all((await built('one')).map((file) => sendAll(file)));
      // Other bytes under the same names.
      const files = await built('two');
      const [other, changed, denied, skipping] = await Promise.all([
        twine(...files),
        uv(...files),
        twine('-p', 'wrong', ...files),
        twine('--skip-existing', ...files),
      ]);
      for (const { status } of [other, changed, denied, skipping]) expect(status).not.toBe(0);
      expect(oneLine(other)).toMatch(/409 Conflict .*built.here-1\.0.* already exists in open with other bytes/);
      expect(oneLine(changed)).toContain('already exists in closed with other bytes');
      expect(oneLine(denied)).toMatch(/401 Unauthorized .*Sign in to upload to open/);
      // twine 7.0 knows --skip-existing for two hosts only, and sends nothing to others.
      expect(skipping.stdout).toContain('UnsupportedConfiguration');
    });

    /** Have PyPA's build make a wheel and a source distribution; other words, other bytes. */
    async function built(description: string): Promise<string[]> {
      const source = sluice.newFolder('source');
      writeFileSync(
        path.join(source, 'pyproject.toml'),
        `[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n[project]\nname = "built-here"\nversion = "1.0"\ndescription = "${description}"\n`,
      );
      writeFileSync(path.join(source, 'backend.py'), backend);
      const ending = await tools.build(source);
      expect(ending, ending.stderr).toMatchObject({ status: 0 });
      const dist = path.join(source, 'dist');
      const files = readdirSync(dist).map((file) => path.join(dist, file));
      expect(files.length).toBe(2);
      return files;
    }

    /** A file of a name that both channels have then, whatever its bytes. */
    async function sendAll(file: string): Promise<void> {
      const bytes = readFileSync(file);
      for (const channel of ['open', 'closed']) {
        await sluice.upload(channel, { fileName: path.basename(file), bytes }, { wait: false }).catch(() => {});
      }
    }

    const twine = (...args: string[]) => {
      const to = ['--repository-url', `${sluice.address('open')}legacy/`, '--username', '__token__'];
      return tools.twine(['upload', '--non-interactive', ...to, ...args], { env: { TWINE_PASSWORD: token } });
    };
    const uv = (...args: string[]) => {
      const to = ['--publish-url', `${sluice.address('closed')}legacy/`, '--trusted-publishing', 'never'];
      return tools.uv(['publish', ...to, ...args], { env: { UV_PUBLISH_TOKEN: token } });
    };
  },
  'tools.txt',
);

/** A build backend that needs nothing: the wheel's module says its version, what else it holds is its own source. */
const backend = readFileSync(path.join(import.meta.dirname, '../python/backend.py'), 'utf8');
