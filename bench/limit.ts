import { readFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { connect, copyIn, startPostgres } from '@sluice/catalog';
import { createRepodataScanner } from '@sluice/formats/conda';
import { timed } from './measure.ts';
import type { SyntheticRepodata } from './synthetic/write-repodata.ts';

/** What the machine needs for the steps no implementation can leave out, one after the other, in seconds. */
export type LimitFigures = Readonly<
  Record<'limit_decompress_s' | 'limit_scan_s' | 'limit_copy_s' | 'limit_compress_s' | 'limit_s', number>
>;

interface Slices {
  files: string[];
  begins: Float64Array;
  ends: Float64Array;
}

const chunkSize = 1 << 20;

/**
 * Measure the physical limit on a repodata document: decompress it, find its records, COPY them into a table of an
 * embedded PostgreSQL made for this, and compress the document again at level 3.
 *
 * @param records how many the document must hold.
 * @param dataDir an empty folder for the database.
 */
export async function measureLimit(source: SyntheticRepodata, records: number, dataDir: string): Promise<LimitFigures> {
  const compressed = readFileSync(source.zst);
  const decompressed = await timed(() => decompress(compressed, source.jsonBytes));
  const scanned = await timed(() => scan(decompressed.value, records));
  const copied = await copy(decompressed.value, scanned.value, dataDir);
  const again = await timed(() => compress(decompressed.value));
  const parts = {
    limit_decompress_s: decompressed.seconds,
    limit_scan_s: scanned.seconds,
    limit_copy_s: copied,
    limit_compress_s: again.seconds,
  };
  return { ...parts, limit_s: Object.values(parts).reduce((sum, part) => sum + part, 0) };
}

async function decompress(compressed: Buffer, size: number): Promise<Buffer> {
  const document = Buffer.allocUnsafeSlow(size);
  let at = 0;
  const stream = createZstdDecompress({ chunkSize });
  const fed = feed(stream, compressed);
  for await (const chunk of stream as AsyncIterable<Buffer>) at += chunk.copy(document, at);
  await fed;
  if (at !== size) throw new Error(`Decompressing gave ${at} bytes and should give ${size}.`);
  return document;
}

async function compress(document: Buffer): Promise<number> {
  const stream = createZstdCompress({ chunkSize, params: { [constants.ZSTD_c_compressionLevel]: 3 } });
  const fed = feed(stream, document);
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) size += chunk.length;
  await fed;
  return size;
}

async function feed(stream: Writable & Readable, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; at += chunkSize) {
    const isRoom = stream.write(bytes.subarray(at, at + chunkSize));
    if (!isRoom) await new Promise((resolve) => stream.once('drain', resolve));
  }
  stream.end();
  await finished(stream, { readable: false });
}

/** Where each record lies. */
function scan(document: Buffer, records: number): Slices {
  const slices: Slices = { files: [], begins: new Float64Array(records), ends: new Float64Array(records) };
  const scanner = createRepodataScanner({
    onRecord(_bucket, file, record) {
      // The whole document is one chunk, so a record is a view of it.
      const begin = record.byteOffset - document.byteOffset;
      slices.begins[slices.files.length] = begin;
      slices.ends[slices.files.length] = begin + record.length;
      slices.files.push(file);
    },
  });
  scanner.push(document);
  const { records: found } = scanner.end();
  if (found !== records) throw new Error(`The document holds ${found} records and should hold ${records}.`);
  return slices;
}

/** The seconds of the COPY with its commit; the start of the server is not among them. */
async function copy(document: Buffer, slices: Slices, dataDir: string): Promise<number> {
  const postgres = await startPostgres({ dataDir, log: () => {} });
  const database = connect(postgres.config, { max: 1 });
  const client = await database.pool.connect();
  try {
    const { seconds, value } = await timed(async () => {
      await client.query('begin');
      await client.query('create table scratch (file text not null, record text not null)');
      const writer = copyIn(client, 'copy scratch (file, record) from stdin (format binary)', ['text', 'text']);
      for (let i = 0; i < slices.files.length; i++) {
        const record = document.subarray(slices.begins[i]!, slices.ends[i]!);
        if (!writer.row([slices.files[i]!, record])) await writer.drain();
      }
      const rows = await writer.end();
      await client.query('commit');
      return rows;
    });
    if (value !== slices.files.length) throw new Error(`PostgreSQL took ${value} of ${slices.files.length} records.`);
    return seconds;
  } finally {
    client.release();
    await database.close();
    await postgres.stop();
  }
}
