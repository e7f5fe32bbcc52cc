import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Manifest, manifestLine, tarEnd, tarHeader, tarPadding, writeManifest } from '@sluice/formats/bundle';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { issuerOf, trustedKeys } from './trusted-key.ts';
import { verifyBundlePart } from './verify-part.ts';

const folder = await mkdtemp(join(tmpdir(), 'part-'));
afterAll(() => rm(folder, { recursive: true }));
const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');

function keyPair() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  return { raw, issuer: issuerOf(raw), trusted: trustedKeys([raw.toString('base64')])!, privateKey };
}

const key = keyPair();

function member(name: string, content: string): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([tarHeader(name, bytes.length), bytes, new Uint8Array(tarPadding(bytes.length))]);
}

const blob = (content: string) => member(`blobs/${sha256(content)}`, content);

function part(members: readonly Buffer[], changed: Partial<Manifest> = {}, signer = key): Buffer {
  const body = Buffer.concat([...members, tarEnd]);
  const manifest: Manifest = {
    ...{ issuer: signer.issuer, series: 'main', serial: 3, base: 2, part: 1, parts: 1 },
    ...{ created: '2026-11-21T20:33:35Z', state: 'a'.repeat(64), contents: sha256('contents') },
    ...{ body: sha256(body), bytes: body.length + 1024 },
    ...changed,
  };
  const line = manifestLine(manifest);
  const signature = sign(null, Buffer.from(line), signer.privateKey).toString('base64');
  return Buffer.concat([writeManifest(line, signature), body]);
}

const whole = part([
  member('contents.zst', 'contents'),
  blob('one'),
  blob('x'.repeat(1500)),
  member('files/cve.zip', 'PK'),
]);

async function verified(bytes: Uint8Array, trusted = key.trusted) {
  const path = join(folder, 'main-3.from-2.part0001.sluice');
  await writeFile(path, bytes);
  return verifyBundlePart(path, trusted).then(
    ({ members }) => members.map(({ name, bytes: size }) => `${name.slice(0, 12)} ${size}`),
    (error: { code: string }) => error.code,
  );
}

test('a part that is whole tells its members', async () => {
  expect(await verified(whole)).toEqual([
    'contents.zst 8',
    `blobs/${sha256('one').slice(0, 6)} 3`,
    `blobs/${sha256('x'.repeat(1500)).slice(0, 6)} 1500`,
    'files/cve.zi 2',
  ]);
});

/** Which byte, and the bits of it that are others: of every byte one, another and all in the long form. */
function changes(): (readonly [at: number, bits: number])[] {
  if (process.env.LONG) return Array.from(whole).flatMap((_, at) => [1, 128, 255].map((bits) => [at, bits] as const));
  return fc.sample(fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 })), 400);
}

test('any single byte that is another refuses it', { timeout: 1_200_000 }, async () => {
  for (const [at, bits] of changes()) {
    const bytes = Buffer.from(whole);
    bytes[at]! ^= bits;
    expect(await verified(bytes), `bits ${bits} of byte ${at}`).toMatch(/^bundle_(tampered|malformed|foreign|cut)$/);
  }
});

test('a part that is cut anywhere, or goes on, refuses it', async () => {
  for (let at = 0; at < whole.length; at += 256) {
    expect(await verified(whole.subarray(0, at))).toMatch(/^bundle_cut$/);
  }
  expect(await verified(Buffer.concat([whole, Buffer.of(0)]))).toBe('bundle_tampered');
});

test.each([
  ['bundle_foreign', part([blob('one')], {}, keyPair())],
  ['bundle_tampered', part([blob('one')], { issuer: key.issuer }, { ...keyPair(), issuer: key.issuer })],
  ['bundle_tampered', part([member(`blobs/${sha256('other')}`, 'one')])],
  ['bundle_tampered', part([member('contents.zst', 'others')])],
  ['bundle_malformed', part([member('etc/passwd', 'x')])],
  ['bundle_malformed', part([member('files/..', 'x')])],
  ['bundle_malformed', Buffer.alloc(4096, 7)],
  ['bundle_cut', Buffer.alloc(0)],
])('%s', async (code, bytes) => {
  expect(await verified(bytes)).toBe(code);
});

test.each(['', 'x', 'a'.repeat(63), Buffer.alloc(31).toString('base64')])('%j is no key', (text) => {
  expect(trustedKeys([text])).toBeUndefined();
});
