import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startUpstreamServer, type UpstreamServer, writeSimpleIndex } from '@sluice/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ClientEnding, runClient } from '../client-process.ts';
import { describeWithDistributions } from '../python-distributions.ts';
import { type Sluice, startSluice } from './start-sluice.ts';

await describeWithDistributions(
  'mirrors of a Python index, one behind the other',
  ({ python, uv, requirements, projects }) => {
    let work: string;
    let upstream: UpstreamServer;
    let first: Sluice;
    let second: Sluice;
    /** The index itself, the first Sluice's channel, the second's. */
    let indexes: string[];

    beforeAll(async () => {
      work = mkdtempSync(path.join(tmpdir(), 'python-index-'));
      writeSimpleIndex(work, await projects());
      upstream = await startUpstreamServer({ folder: work });
      [first, second] = await Promise.all([startSluice(), startSluice()]);
      await lazily(first, 'near', `${upstream.url}/simple`);
      await lazily(second, 'far', `${first.app.url}/api/repo/near/simple/`);
      indexes = [`${upstream.url}/simple/`, `${first.address('near')}simple/`, `${second.address('far')}simple/`];
    }, 600_000);
    afterAll(async () => {
      await second?.close();
      await first?.close();
      await upstream?.close();
      rmSync(work, { recursive: true, force: true });
    });

    async function lazily(sluice: Sluice, channel: string, source_root: string): Promise<void> {
      await sluice.makeChannel(channel, { types: ['python'] });
      await sluice.mirror(channel, { mirror_type: 'python_simple', source_root, keep_legacy: false });
    }

    async function client(argv: [string, ...string[]]): Promise<ClientEnding> {
      const ending = await runClient({ argv, work, patience_ms: 300_000 });
      expect(`${ending.status} ${ending.status === 0 ? '' : ending.stdout + ending.stderr}`).toBe('0 ');
      return ending;
    }

    const pip = (...argv: string[]) =>
      client([python, '-m', 'pip', '--isolated', '--disable-pip-version-check', '--no-cache-dir', ...argv]);

    /** What pip chooses: names, versions and digests. */
    async function chosen(index: string): Promise<string[]> {
      const report = path.join(work, 'report.json');
      const wishes = ['--dry-run', '--ignore-installed', '--quiet', '--report', report, '--only-binary', ':all:'];
      await pip('install', ...wishes, '--index-url', index, '-r', requirements);
      const { install } = JSON.parse(readFileSync(report, 'utf8')) as Report;
      return install
        .map(({ metadata, download_info }) => `${metadata.name} ${metadata.version} ${download_info.archive_info.hash}`)
        .sort();
    }

    it('pip chooses the same from each, of which nothing was fetched before', async () => {
      expect((await first.app.db.selectFrom('record').select('file').execute()).length).toBe(0);
      // The farthest first: all asks go through both.
      const far = await chosen(indexes[2]!);
      expect(far.length).toBeGreaterThanOrEqual(30);
      expect(await chosen(indexes[1]!)).toEqual(far);
      expect(await chosen(indexes[0]!)).toEqual(far);
    }, 300_000);

    it('uv compiles the same lock from each', async () => {
      const locks: string[] = [];
      for (const index of indexes) {
        const options = [
          '--no-cache',
          '--no-header',
          '--no-annotate',
          '--generate-hashes',
          '--python',
          python,
          '--index-url',
          index,
        ];
        const { stdout } = await client([uv, 'pip', 'compile', ...options, requirements]);
        locks.push(stdout);
      }
      expect(locks[0]).toContain('flask==');
      expect(locks[1]).toBe(locks[0]);
      expect(locks[2]).toBe(locks[0]);
    }, 300_000);

    it('pip installs the application from the farthest, and it runs', async () => {
      const target = path.join(work, 'site');
      await pip(
        'install',
        '--quiet',
        '--target',
        target,
        '--only-binary',
        ':all:',
        '--index-url',
        indexes[2]!,
        '-r',
        requirements,
      );
      const program =
        'import flask, requests, httpx, rich, typer, django, yaml, jsonschema; print(flask.Flask("x").name)';
      const { stdout } = await client([
        python,
        '-c',
        `import sys; sys.path.insert(0, ${JSON.stringify(target)}); ${program}`,
      ]);
      expect(stdout.trim()).toBe('x');
    }, 300_000);
  },
);

interface Report {
  install: { metadata: { name: string; version: string }; download_info: { archive_info: { hash: string } } }[];
}
