import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { buildTar, buildZip } from '@sluice/testkit';
import { afterAll, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'sluice-archives-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Far below the package, and what was measured with one of 5 GB (45 MB), with room for a busy machine. */
const MOST_GROWTH_MB = 60;
const FILE_MB = 192;

/** Prints by how much the process grew at its largest. */
const INSPECT = `
  import { inspectConda } from '${join(import.meta.dirname, 'inspect-conda.ts')}';
  const before = process.memoryUsage.rss();
  let most = before;
  setInterval(() => { most = Math.max(most, process.memoryUsage.rss()); }, 5).unref();
  const { bytes } = await inspectConda(process.argv[1], 'large-1.0-0.conda');
  console.log(JSON.stringify({ bytes, growth: (most - before) / 2 ** 20 }));
`;

test('a large package is inspected in little memory', async () => {
  const noise = randomBytes(2 ** 20);
  const frame = zstdCompressSync(noise);
  const [entry, end] = [await buildTar([{ path: 'lib/large.bin', content: noise }]), Buffer.alloc(1024)];
  const header = Buffer.from(entry.subarray(0, 512));
  header.write(`${(FILE_MB * 2 ** 20).toString(8).padStart(11, '0')} `, 124);
  header.write('        ', 148);
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  const frames = [zstdCompressSync(header), ...new Array<Buffer>(FILE_MB).fill(frame), zstdCompressSync(end)];
  const path = join(folder, 'large-1.0-0.conda');
  writeFileSync(
    path,
    await buildZip([
      { name: 'metadata.json', content: '{"conda_pkg_format_version": 2}' },
      {
        name: 'info-large-1.0-0.tar.zst',
        content: zstdCompressSync(await buildTar([{ path: 'info/index.json', content: '{}' }])),
      },
      { name: 'pkg-large-1.0-0.tar.zst', content: Buffer.concat(frames) },
    ]),
  );
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', INSPECT, path], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  const { bytes, growth } = JSON.parse(stdout);
  expect(bytes).toBeGreaterThan(FILE_MB * 2 ** 20);
  expect(growth).toBeLessThan(MOST_GROWTH_MB);
});
