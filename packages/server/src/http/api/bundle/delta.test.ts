import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { zstdDecompressSync } from 'node:zlib';
import { applyDifference, blobsOfRecordLine, isRecordLine, readManifest } from '@sluice/formats/bundle';
import { buildCondaPackage } from '@sluice/testkit';
import { startTestApp, type TestApp } from '@sluice/testkit/app';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { makeChannel, sendPackage } from './testing/two-sides.ts';

const isLong = Boolean(process.env.LONG);
vi.setConfig({ testTimeout: isLong ? 3_600_000 : 600_000 });

let app: TestApp;
let token: string;
let scratch: string;
beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'delta-'));
  app = await startTestApp({ env: { SLUICE_SOURCES: `file:${scratch}` } });
  token = await app.adminToken();
});
afterAll(async () => {
  await app.close();
  rmSync(scratch, { recursive: true });
});

async function call(method: string, path: string, body?: object) {
  const answer = await app.request(method, path, { token, ...(body && { body }) });
  expect(answer.status, answer.text).toBeLessThan(300);
  await app.jobsDone();
  return answer.json;
}

/** A bundle of both channels: its report, its contents line by line, and the blobs it carries. */
async function bundled(wish: object) {
  const { id } = await call('POST', '/api/bundles', { output: scratch, ...wish });
  const made = await call('GET', `/api/bundles/${id}`);
  expect(made).toMatchObject({ state: 'completed', error: null });
  const [{ place }] = made.parts;
  const members = execFileSync('tar', ['tf', place], { encoding: 'utf8' }).trim().split('\n');
  const text = zstdDecompressSync(execFileSync('tar', ['xOf', place, 'contents.zst'])).toString();
  return {
    report: made.report,
    state: readManifest(readFileSync(place).subarray(0, 1024)).manifest.state,
    contents: text.split('\n').slice(0, -1),
    carried: members.flatMap((name) => (name.startsWith('blobs/') ? name.slice('blobs/'.length) : [])).sort(),
  };
}

async function applied(base: readonly string[], difference: readonly string[]): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of applyDifference(base, difference)) lines.push(line);
  return lines;
}

const blobsOf = (lines: readonly string[]) =>
  new Set(
    lines
      .filter(isRecordLine)
      .flatMap(blobsOfRecordLine)
      .map(({ sha256 }) => sha256),
  );

// Names whose files lie among each other's.
const names = ['a', 'a-b', 'a-b-c', 'b'] as const;
const name = fc.constantFrom(...names);
const steps = fc.oneof(
  fc.record({ kind: fc.constantFrom('upload', 'come upstream', 'upload again'), name }),
  fc.record({ kind: fc.constantFrom('remove', 'hide', 'go upstream', 'copy'), name }),
  fc.record({ kind: fc.constantFrom('show all', 'patch', 'no patch', 'wheel', 'nothing'), name }),
);

test('a delta makes of its base what a full bundle says at once, whatever happened in between', async () => {
  let turn = 0;
  let version = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(steps, { maxLength: 4 }), { minLength: 3, maxLength: 3 }), async (rounds) => {
      const [own, mirrored] = [`own-${++turn}`, `mirrored-${turn}`];
      const folder = join(scratch, String(turn), 'noarch');
      mkdirSync(folder, { recursive: true });
      const upstream = new Map<string, string>();
      const first = new Map<string, string>();
      for (const path of [own, mirrored]) await makeChannel(app, { name: path, types: ['conda', 'python'] });
      for (const some of names) {
        first.set(some, await sendPackage(app, own, 'conda', { name: some, version: '1.0' }));
        await come(some);
      }
      const { id } = await call('POST', `/api/channels/${mirrored}/mirrors`, {
        mirror_name: 'm',
        mirror_mode: 'active',
        source_root: pathToFileURL(join(scratch, String(turn))).href,
        run_now: true,
      });
      const mirror = `/api/channels/${mirrored}/mirrors/${id}`;

      async function come(some: string): Promise<void> {
        const { bytes, fileName } = await buildCondaPackage({ name: some, version: `${++version}.0` });
        writeFileSync(join(folder, fileName), bytes);
        upstream.set(some, fileName);
      }

      async function step({ kind, name: some }: { kind: string; name: string }): Promise<unknown> {
        const artifact = `/api/channels/${own}/artifacts/conda/${some}`;
        const filtered = (specs: string[]) => call('PUT', mirror, { filters: { exclude_specs: specs } });
        const patched = (depends: object) =>
          call('PUT', `/api/channels/${own}/patches/noarch`, {
            ...{ patch_instructions_version: 1, packages: {}, remove: [], revoke: [] },
            'packages.conda': depends,
          });
        switch (kind) {
          case 'upload':
            return sendPackage(app, own, 'conda', { name: some, version: `${++version}.0` });
          case 'upload again': {
            await app.request('DELETE', artifact, { token });
            await app.jobsDone();
            return sendPackage(app, own, 'conda', { name: some, version: `${++version}.0` });
          }
          case 'remove':
            await app.request('DELETE', artifact, { token });
            return app.jobsDone();
          case 'come upstream':
            await come(some);
            return call('POST', `${mirror}/run`);
          case 'go upstream': {
            const file = upstream.get(some);
            upstream.delete(some);
            if (file !== undefined) rmSync(join(folder, file));
            return call('POST', `${mirror}/run`);
          }
          case 'copy': {
            // The bytes of the one channel's file under another name in the other's.
            const file = upstream.get(some);
            if (file === undefined) return undefined;
            const form = new FormData();
            form.set('content', new Blob([readFileSync(join(folder, file))]), file);
            await app.request('POST', `/api/channels/${own}/artifacts`, { token, body: form });
            return app.jobsDone();
          }
          case 'hide':
            return filtered([some]);
          case 'show all':
            return filtered([]);
          case 'patch':
            return patched({ [first.get(some)!]: { depends: ['patched'] } });
          case 'no patch':
            return patched({});
          case 'wheel':
            return sendPackage(app, own, 'python', { name: 'wheely', version: `${++version}.0` });
          default:
            return undefined;
        }
      }

      const channels = [own, mirrored];
      const series = `delta-${turn}`;
      let { contents: listing } = await bundled({ channels, series });
      for (const [i, round] of rounds.entries()) {
        for (const one of round) await step(one);
        const delta = await bundled({ channels, series, since: 'last' });
        const full = await bundled({ channels, series: `full-${turn}-${i}` });
        expect(delta.state).toBe(full.state);
        expect(delta.state).toBe(
          createHash('sha256')
            .update(full.contents.map((line) => `${line}\n`).join(''))
            .digest('hex'),
        );
        expect(await applied(listing, delta.contents)).toEqual(full.contents);
        const kept = new Set(listing);
        expect(delta.contents.filter((line) => kept.has(line))).toEqual([]);
        const had = blobsOf(listing);
        expect(delta.carried).toEqual([...blobsOf(delta.contents)].filter((sha256) => !had.has(sha256)).sort());
        expect(delta.report).toMatchObject({ files: full.report.files, bytes: full.report.bytes });
        listing = full.contents;
      }
    }),
    { numRuns: isLong ? 50 : 2 },
  );
});

test('what a mirror brings that a channel below shows already is in a delta as in a full bundle', async () => {
  const root = join(scratch, 'both');
  mkdirSync(join(root, 'noarch'), { recursive: true });
  async function come(version: string): Promise<void> {
    const { bytes, fileName } = await buildCondaPackage({ name: 'shared', version });
    writeFileSync(join(root, 'noarch', fileName), bytes);
  }
  await come('1.0');
  const runs: string[] = [];
  for (const path of ['below', 'above']) {
    await makeChannel(app, { name: path });
    const wish = { mirror_name: 'm', mirror_mode: 'active', source_root: pathToFileURL(root).href, run_now: true };
    const { id } = await call('POST', `/api/channels/${path}/mirrors`, wish);
    runs.push(`/api/channels/${path}/mirrors/${id}/run`);
  }
  await call('PUT', '/api/channels/above/layers', { layers: ['below'], name_priority: 'merge' });
  await come('2.0');
  await call('POST', runs[0]!);
  let { contents: listing } = await bundled({ channels: ['above'], series: 'above' });

  async function isAsInFull(series: string): Promise<void> {
    const delta = await bundled({ channels: ['above'], series: 'above', since: 'last' });
    const full = await bundled({ channels: ['above'], series });
    expect(await applied(listing, delta.contents)).toEqual(full.contents);
    expect(delta.state).toBe(full.state);
    listing = full.contents;
  }
  const ownNewer = () => listing.filter((line) => line.startsWith('{"c":"above"') && line.includes('shared-2.0'));
  expect(ownNewer()).toHaveLength(0);
  // What is shown stays the same, so a publication comes of something else.
  await call('POST', runs[1]!);
  await sendPackage(app, 'above', 'conda', { name: 'other', version: '1.0' });
  await isAsInFull('full-1');
  expect(ownNewer()).toHaveLength(1);
  await call('PUT', runs[0]!.replace('/run', ''), { filters: { exclude_specs: ['shared'] } });
  await isAsInFull('full-2');
});
