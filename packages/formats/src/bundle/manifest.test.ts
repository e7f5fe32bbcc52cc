import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isSeriesName, type Manifest, manifestLine, readManifest, writeManifest } from './manifest.ts';
import { partFileName, readMemberName, readPartFileName } from './part-name.ts';

const digit = fc.constantFrom(...'0123456789abcdef');
const hex = (digits: number) => fc.array(digit, { minLength: digits, maxLength: digits }).map((all) => all.join(''));
const serial = fc.integer({ min: 1, max: 9_999_999 });
const parts = fc.integer({ min: 1, max: 9999 });
const signature = `${'A'.repeat(86)}==`;

const manifests: fc.Arbitrary<Manifest> = fc.record({
  issuer: hex(16),
  series: fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,31}$/),
  serial,
  base: fc.option(serial),
  part: fc.constant(1),
  parts,
  created: fc.constant('2026-11-21T20:33:35Z'),
  state: hex(64),
  contents: hex(64),
  body: hex(64),
  bytes: fc.integer({ min: 1, max: 999_999_999_999 }),
});

test('every manifest fits the first kilobyte and is read as it was written', () => {
  fc.assert(
    fc.property(manifests, (manifest) => {
      const line = manifestLine(manifest);
      const head = writeManifest(line, signature);
      expect(head.length).toBe(1024);
      expect(readManifest(head)).toEqual({ manifest, line, signature });
    }),
  );
});

const largest: Manifest = {
  issuer: 'f'.repeat(16),
  series: 'x'.repeat(32),
  serial: 9_999_999,
  base: 9_999_998,
  part: 9999,
  parts: 9999,
  created: '2026-11-21T20:33:35Z',
  state: 'a'.repeat(64),
  contents: 'b'.repeat(64),
  body: 'c'.repeat(64),
  bytes: 999_999_999_999,
};

test('the largest manifest fits', () => {
  expect(writeManifest(manifestLine(largest), signature).length).toBe(1024);
});

test('what is no manifest is refused, whatever it is', () => {
  const refused = expect.objectContaining({ code: 'bundle_manifest' });
  const head = writeManifest(manifestLine(largest), signature);
  expect(() => readManifest(head.subarray(0, 1023))).toThrow(refused);
  expect(() => readManifest(new Uint8Array(1024))).toThrow(refused);
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1024, maxLength: 1024 }), (bytes) => {
      expect(() => readManifest(bytes)).toThrow(refused);
    }),
  );
  const part = manifestLine(largest).replace('"part":9999', '"part":0');
  expect(() => readManifest(writeManifest(part, signature))).toThrow(refused);
  const later = manifestLine(largest).replace('"sluice":1', '"sluice":2');
  expect(() => readManifest(writeManifest(later, signature))).toThrow(refused);
  const blank = manifestLine(largest).replace('{', '{ ').replace('x'.repeat(32), 'x');
  expect(() => readManifest(writeManifest(blank, signature))).toThrow(refused);
});

test('no byte of its header, and no unused bit of its signature, may be another', () => {
  const head = writeManifest(manifestLine(largest), signature);
  for (const at of [...Array(512).keys(), 512 + manifestLine(largest).length + 86]) {
    const other = Uint8Array.from(head, (byte, i) => (i === at ? byte ^ 3 : byte));
    expect(() => readManifest(other), `byte ${at}`).toThrow(expect.objectContaining({ code: 'bundle_manifest' }));
  }
});

test('a part is called by what it is, and read back', () => {
  expect(partFileName({ series: 'main', serial: 7, base: 6, part: 1 })).toBe('main-7.from-6.part0001.sluice');
  fc.assert(
    fc.property(manifests, ({ series, serial, base, part }) => {
      expect(readPartFileName(partFileName({ series, serial, base, part }))).toEqual({ series, serial, base, part });
    }),
  );
  expect(readPartFileName('cve.zip')).toBeUndefined();
});

test.each([
  ['main', true],
  ['conda-forge_2026', true],
  ['a.b', false],
  ['Main', false],
  ['', false],
  ['../x', false],
  ['x'.repeat(33), false],
])('a series called %s: %s', (name, fits) => {
  expect(isSeriesName(name)).toBe(fits);
});

test.each([
  ['contents.zst', 'contents'],
  [`blobs/${'0'.repeat(64)}`, 'blob'],
  [`blobs/${'0'.repeat(63)}`, undefined],
  ['files/cve.zip', 'attachment'],
  ['files/../x', undefined],
  ['files/a/b', undefined],
  ['files/.hidden', undefined],
  ['etc/passwd', undefined],
])('a member called %s is %s', (name, kind) => {
  expect(readMemberName(name)?.kind).toBe(kind);
});
