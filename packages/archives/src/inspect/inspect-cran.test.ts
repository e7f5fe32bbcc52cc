import { gzipSync } from 'node:zlib';
import { buildRPackage, buildTar, buildZip, type TarItem } from '@sluice/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ArchiveError } from '../errors.ts';
import type { RandomAccess } from '../random-access.ts';
import { type InspectCranOptions, inspectCran } from './inspect-cran.ts';

const accessTo = (bytes: Buffer): RandomAccess => ({
  size: bytes.length,
  read: async (position, length) => bytes.subarray(position, position + length),
});
const inspect = (bytes: Buffer, fileName = 'demo_1.0.tar.gz', options?: InspectCranOptions) =>
  inspectCran(accessTo(bytes), fileName, options);

const described: TarItem = { path: 'demo/DESCRIPTION', content: 'Package: demo\nVersion: 1.0\nLicense: MIT\n' };
const tarball = async (...items: TarItem[]) => gzipSync(await buildTar([described, ...items]));

describe('a package', () => {
  test('of sources is described', async () => {
    const built = await buildRPackage({ name: 'demo', imports: 'cli (>= 3.0)', files: { 'src/a.c': 'int a;' } });
    const { description, ...rest } = await inspect(built.bytes);
    expect(description).toMatchObject({ name: 'demo', version: '1.0', built: undefined });
    expect(description.fields.get('Imports')).toBe('cli (>= 3.0)');
    expect(rest).toMatchObject({ kind: 'source', hasSources: true, entries: 5 });
  });

  test.each(['zip', 'tgz'] as const)('that was built as .%s is binary', async (format) => {
    const built = await buildRPackage({ name: 'demo', format });
    expect(await inspect(built.bytes, built.fileName)).toMatchObject({ kind: 'binary', hasSources: false });
  });

  test('built for Linux lies in a tarball like sources do', async () => {
    const built = await buildRPackage({ name: 'demo', fields: { Built: 'R 4.5.0; ; 2026-01-02 03:04:05 UTC; unix' } });
    expect(await inspect(built.bytes)).toMatchObject({ kind: 'binary' });
  });

  test('may have links that stay inside', async () => {
    const bytes = await tarball({ path: 'demo/inst/link', type: 'symlink', target: '../DESCRIPTION' });
    expect(await inspect(bytes)).toMatchObject({ kind: 'source' });
  });
});

describe('refused is', () => {
  test.each<[string, TarItem]>([
    ['package_folder', { path: 'other/file', content: 'x' }],
    ['package_folder', { path: 'demo', content: 'x' }],
    ['path_parent', { path: 'demo/../x', content: 'x' }],
    ['path_absolute', { path: '/etc/passwd', content: 'x' }],
    ['path_duplicate', { path: './demo/DESCRIPTION', content: 'x' }],
    ['path_duplicate', { path: 'demo/Description', content: 'x' }],
    ['link_escape', { path: 'demo/link', type: 'symlink', target: '../../x' }],
    ['device_entry', { path: 'demo/pipe', type: 'fifo' }],
    ['too_deep', { path: `demo/${'a/'.repeat(70)}b`, content: 'x' }],
  ])('%s: %j', async (code, item) => {
    await expect(inspect(await tarball(item))).rejects.toMatchObject({ code });
  });

  test('what has no DESCRIPTION, or none that can be read', async () => {
    const none = gzipSync(await buildTar([{ path: 'demo/R/a.R', content: 'x' }]));
    await expect(inspect(none)).rejects.toMatchObject({ code: 'metadata_missing' });
    const garbage = gzipSync(await buildTar([{ ...described, content: 'nothing' }]));
    await expect(inspect(garbage)).rejects.toMatchObject({ code: 'dcf_syntax' });
    const bare = gzipSync(await buildTar([{ ...described, content: 'Package: demo\nVersion: 1.0\n' }]));
    await expect(inspect(bare)).rejects.toMatchObject({ code: 'description' });
  });

  test('what does not agree with its file name', async () => {
    await expect(inspect(await tarball(), 'demo_1.1.tar.gz')).rejects.toMatchObject({ code: 'metadata_mismatch' });
    await expect(inspect(await tarball(), 'other_1.0.tar.gz')).rejects.toMatchObject({ code: 'package_folder' });
    await expect(inspect(await tarball(), 'demo_1.0.tgz')).rejects.toMatchObject({ code: 'metadata_mismatch' });
    await expect(inspect(await tarball(), 'demo.tar.gz')).rejects.toMatchObject({ code: 'cran_file_name' });
  });

  test('what is no archive, is cut, or is followed by something', async () => {
    const whole = await tarball();
    await expect(inspect(Buffer.from('<html>'))).rejects.toMatchObject({ code: 'not_an_archive' });
    await expect(inspect(whole.subarray(0, -10))).rejects.toMatchObject({ code: 'truncated' });
    await expect(inspect(Buffer.from('<html>'), 'demo_1.0.zip')).rejects.toMatchObject({ code: 'not_an_archive' });
  });

  test('what costs too much', async () => {
    const bytes = await tarball({ path: 'demo/zeros', content: Buffer.alloc(100_000) });
    const limits = (of: InspectCranOptions['limits']) => inspect(bytes, 'demo_1.0.tar.gz', { limits: of! });
    await expect(limits({ entries: 1 })).rejects.toMatchObject({ code: 'too_many_entries' });
    await expect(limits({ bytes: 50_000 })).rejects.toMatchObject({ code: 'too_large' });
    await expect(limits({ infoBytes: 10 })).rejects.toMatchObject({ code: 'too_large' });
    const zip = await buildZip([{ name: 'demo/zeros', content: Buffer.alloc(100_000), compress: true }]);
    await expect(inspect(zip, 'demo_1.0.zip', { limits: { bytes: 50_000 } })).rejects.toMatchObject({
      code: 'too_large',
    });
  });

  test('damaged bytes, with a code', async () => {
    const { bytes } = await buildRPackage({ name: 'demo', format: 'zip' });
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(255), async (at, byte) => {
        const damaged = Buffer.from(bytes);
        damaged[at] = byte;
        await inspect(damaged, 'demo_1.0.zip').catch((error) => {
          expect(error instanceof ArchiveError || 'code' in error, String(error)).toBe(true);
        });
      }),
      { numRuns: 50 },
    );
  });
});
