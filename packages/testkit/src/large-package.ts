import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { zstdCompressSync } from 'node:zlib';
import { ZipFile } from 'yazl';
import { buildTar } from './conda-package.ts';

const BLOCK = 512;
const FRAME = 4 * 1024 * 1024;

/**
 * A sound `.conda` of about `bytes`, made while it is read: its payload is one file of noise, which does not compress.
 * The noise repeats every 4 MiB, so memory holds no more than that.
 */
export async function streamLargePackage(
  name: string,
  bytes: number,
): Promise<{ fileName: string; content: AsyncIterable<Uint8Array> }> {
  const stem = `${name}-1.0-0`;
  const index = { name, version: '1.0', build: '0', build_number: 0, depends: [], subdir: 'noarch', noarch: 'generic' };
  const info = zstdCompressSync(await buildTar([{ path: 'info/index.json', content: JSON.stringify(index) }]));
  const frames = Math.max(1, Math.round(bytes / FRAME));
  const noise = zstdCompressSync(randomBytes(FRAME));
  const head = zstdCompressSync(tarHeader('noise.bin', frames * FRAME));
  const end = zstdCompressSync(Buffer.alloc(2 * BLOCK));
  const zip = new ZipFile();
  const stored = { compress: false };
  zip.addBuffer(Buffer.from('{"conda_pkg_format_version": 2}'), 'metadata.json', stored);
  zip.addBuffer(info, `info-${stem}.tar.zst`, stored);
  zip.addReadStream(
    Readable.from(
      (function* () {
        yield head;
        for (let n = 0; n < frames; n += 1) yield noise;
        yield end;
      })(),
    ),
    `pkg-${stem}.tar.zst`,
    { ...stored, size: head.byteLength + frames * noise.byteLength + end.byteLength },
  );
  zip.end();
  return { fileName: `${stem}.conda`, content: zip.outputStream as unknown as AsyncIterable<Uint8Array> };
}

/** The header of one file, as tar-stream would write it in front of the content. */
function tarHeader(path: string, size: number): Buffer {
  const header = Buffer.alloc(BLOCK);
  header.write(path, 0);
  header.write('000644 \0', 100);
  header.write('000000 \0', 108);
  header.write('000000 \0', 116);
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        0', 148);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}
