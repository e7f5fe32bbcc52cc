import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { buildCondaPackage } from '@sluice/testkit';
import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { type CutRelay, openCutRelay } from '../cut-relay.ts';
import { describeWithPython } from '../describe-with-python.ts';
import { type Bucket, copyBucket, type S3Keys, type S3Server, startS3Server } from '../s3-server.ts';

// A bundle goes out to S3, boto3 carries it from there, and the far side takes it in.

const bucket = 'stick';
const patience = { timeout: 300_000 };

await describeWithPython(
  'bundles in S3',
  (python) => {
    let folder: string;
    let s3: S3Server;
    let relay: CutRelay;
    let keys: S3Keys;
    let writeOnly: S3Keys;
    let near: TestApp;
    let far: TestApp;

    beforeAll(async () => {
      folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-s3-'));
      s3 = await startS3Server(python, folder);
      relay = await openCutRelay(s3.port);
      await s3.makeBucket(bucket);
      keys = await s3.issueKeys('all', ['s3:*']);
      writeOnly = await s3.issueKeys('writer', ['s3:PutObject']);
      await s3.lock();
      vi.stubEnv('AWS_REGION', 'us-east-1');
      vi.stubEnv('AWS_ENDPOINT_URL_S3', relay.url);
      [near, far] = await Promise.all([
        startTestApp({ env: { SLUICE_SOURCES: `127.0.0.0/8,file:${folder}` } }),
        startTestApp({ env: { SLUICE_SOURCES: `none,file:${folder}` } }),
      ]);
      const { public_key } = await ask(near, 'GET', '/api/bundles/key');
      await ask(far, 'POST', '/api/bundles/trust', { key: public_key, note: 'the other side' });
      await ask(near, 'POST', '/api/channels', { name: 'main', privacy: 'public' });
      for (const name of ['alpha', 'beta']) {
        const { bytes, fileName } = await buildCondaPackage({ name, version: '1.0' });
        const body = new FormData();
        body.set('content', new Blob([Uint8Array.from(bytes)]), fileName);
        await ask(near, 'POST', '/api/channels/main/artifacts', body);
      }
      await near.jobsDone();
      use(keys);
    }, 180_000);
    afterEach(() => {
      relay.mend();
      use(keys);
    });
    afterAll(async () => {
      vi.unstubAllEnvs();
      await Promise.all([near?.close(), far?.close()]);
      await relay?.close();
      await s3?.close();
      rmSync(folder, { recursive: true });
    });

    // biome-ignore lint/suspicious/noExplicitAny: as `json` of the test app.
    async function ask(app: TestApp, method: string, url: string, body?: object): Promise<any> {
      const { status, text, json } = await app.request(method, url, { token: await app.adminToken(), body });
      if (status >= 300) throw new Error(`${method} ${url}: ${status} ${text}`);
      return json;
    }
    function use(some: S3Keys): void {
      for (const [name, value] of Object.entries(some)) vi.stubEnv(name, value);
    }
    /** What is in the bucket now, copied into a folder. */
    async function copied(): Promise<Bucket & { folder: string }> {
      const target = mkdtempSync(path.join(folder, 'carried-'));
      const env = { ...keys, AWS_DEFAULT_REGION: 'us-east-1', AWS_ENDPOINT_URL: `http://127.0.0.1:${s3.port}` };
      return { folder: target, ...(await copyBucket(python, { bucket, folder: target, env })) };
    }
    // biome-ignore lint/suspicious/noExplicitAny: as `json` of the test app.
    async function ended(id: string): Promise<any> {
      await near.jobsDone();
      return ask(near, 'GET', `/api/bundles/${id}`);
    }
    async function make(series: string, wish: object = {}) {
      const output = `s3://${bucket}/${series}`;
      return ended((await ask(near, 'POST', '/api/bundles', { channels: ['main'], series, output, ...wish })).id);
    }
    const resume = async (id: string) => ended((await ask(near, 'POST', `/api/bundles/${id}/resume`)).id);
    /** Nothing of a bundle lies on this side. */
    const ownFolder = () => readdirSync(path.join(near.dataDir, 'airgap/out'));
    function expectNoSecrets(...texts: unknown[]): void {
      const all = JSON.stringify(texts) + near.log.join('\n');
      for (const secret of [keys, writeOnly].flatMap((some) => Object.values(some))) expect(all).not.toContain(secret);
    }

    it('goes out to a bucket, and comes in from there', patience, async () => {
      const attachment = path.join(folder, 'notes.txt');
      writeFileSync(attachment, 'x'.repeat(70_000));
      const made = await make('there', { part_bytes: 65_536, attachments: [attachment] });
      expect(made).toMatchObject({ state: 'completed', error: null });
      expect(made.parts.length).toBeGreaterThan(1);
      const { folder: carried, objects, unfinished } = await copied();
      const parts = made.parts.map(({ name, bytes }: { name: string; bytes: number }) => [`there/${name}`, bytes]);
      expect({ objects, unfinished }).toEqual({ objects: Object.fromEntries(parts), unfinished: [] });
      expect(ownFolder()).toEqual([]);

      await ask(far, 'POST', '/api/bundles/imports', { path: carried });
      await far.jobsDone();
      const { items } = await ask(far, 'GET', '/api/bundles?direction=in');
      expect(items).toMatchObject([{ series: 'there', state: 'completed', error: null }]);
      for (const file of ['repodata.json', 'alpha-1.0-0.conda', 'beta-1.0-0.conda']) {
        const [here, there] = await Promise.all(
          [near, far].map(({ url }) => fetch(`${url}/api/repo/main/noarch/${file}`)),
        );
        expect([here!.status, there!.status], file).toEqual([200, 200]);
        expect(await there!.text()).toBe(await here!.text());
      }

      await ask(near, 'DELETE', `/api/bundles/${made.id}`);
      expect((await copied()).objects).toEqual({});
      expectNoSecrets(made);
    });

    it.each([
      ['a wrong secret', /SignatureDoesNotMatch/, () => use({ ...keys, AWS_SECRET_ACCESS_KEY: 'another' }), bucket],
      ['keys of nobody', /InvalidAccessKeyId/, () => use({ ...keys, AWS_ACCESS_KEY_ID: 'AKIANOBODY' }), bucket],
      ['a bucket that is missing', /NoSuchBucket/, () => {}, 'nowhere'],
      ['a server that is away', /ECONNRE|socket hang up/, () => relay.cutAfter(0), bucket],
    ])('says so of %s, and goes on when it is mended', patience, async (_what, said, spoil, place) => {
      spoil();
      const output = `s3://${place}/spoilt`;
      const failed = await make('spoilt', { output });
      const message = expect.stringMatching(new RegExp(`^s3://${place}/spoilt cannot be written: .*${said.source}`));
      expect(failed).toMatchObject({ state: 'failed', error: { code: 'bundle_output', message } });
      expectNoSecrets(failed);
      expect(ownFolder()).toEqual([]);
      expect(await copied()).toMatchObject({ objects: {}, unfinished: [] });

      relay.mend();
      use(keys);
      if (place === bucket) expect(await resume(failed.id)).toMatchObject({ state: 'completed', error: null });
      await ask(near, 'DELETE', `/api/bundles/${failed.id}`);
      expect((await copied()).objects).toEqual({});
    });

    it('shows nothing of an upload that broke off, and leaves nothing of it behind', patience, async () => {
      const attachment = path.join(folder, 'large.bin');
      // More than one piece of an upload.
      writeFileSync(attachment, Buffer.alloc(70_000_000, 'sluice'));
      relay.cutAfter(68_000_000);
      const failed = await make('large', { attachments: [attachment] });
      expect(failed).toMatchObject({ state: 'failed', error: { code: 'bundle_output' } });
      expect(await copied()).toMatchObject({ objects: {}, unfinished: [expect.stringContaining('large/')] });

      relay.mend();
      const made = await resume(failed.id);
      expect(made).toMatchObject({ state: 'completed', error: null });
      const { folder: carried, objects, unfinished } = await copied();
      const [{ name, bytes }] = made.parts;
      expect({ objects, unfinished }).toEqual({ objects: { [`large/${name}`]: bytes }, unfinished: [] });
      await ask(far, 'POST', '/api/bundles/imports', { path: carried });
      await far.jobsDone();
      const { items } = await ask(far, 'GET', '/api/bundles?direction=in&series=large');
      expect(items).toMatchObject([{ state: 'completed', error: null }]);
      await ask(near, 'DELETE', `/api/bundles/${made.id}`);
    });

    it('is completed where older ones may not be removed, and they stay', patience, async () => {
      use(writeOnly);
      const [first, second] = [await make('kept', { keep: 1 }), await make('kept', { keep: 1 })];
      expect([first, second]).toMatchObject([{ state: 'completed' }, { state: 'completed', error: null }]);
      expect(near.log.join('\n')).toMatch(/cannot be removed: AccessDenied/);
      const refused = await near.request('DELETE', `/api/bundles/${first.id}`, { token: await near.adminToken() });
      expect(refused).toMatchObject({ status: 400, json: { code: 'bundle_output' } });
      expect(Object.keys((await copied()).objects)).toHaveLength(2);
      expectNoSecrets(second, refused.json);

      use(keys);
      const third = await make('kept', { keep: 1 });
      expect(Object.keys((await copied()).objects)).toEqual([`kept/${third.parts[0].name}`]);
    });
  },
  's3.txt',
);
