import { createHash } from 'node:crypto';
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { constants, createZstdCompress } from 'node:zlib';
import { type SyntheticParams, type SyntheticRecord, syntheticRecords } from './records.ts';

/** A generated channel on disk. */
export interface SyntheticRepodata {
  readonly json: string;
  readonly zst: string;
  readonly jsonBytes: number;
  readonly zstBytes: number;
  /** sha256 of the plain document. */
  readonly sha256: string;
  /** What making it took; undefined when it was there. */
  readonly made_s: number | undefined;
}

const chunkSize = 1 << 20;

/** Make `repodata.json` and `repodata.json.zst` below `cache`, or find them made. */
export async function writeRepodata(params: SyntheticParams, cache: string): Promise<SyntheticRepodata> {
  const { records, names, seed, subdir = 'linux-64', edition = 0 } = params;
  const folder = path.join(cache, `synthetic-${records}-${names}-${seed}-${edition}-${subdir}-${generatorKey()}`);
  let made_s: number | undefined;
  if (!existsSync(folder)) {
    const begin = performance.now();
    const making = `${folder}.${process.pid}`;
    mkdirSync(making, { recursive: true });
    await write(params, making);
    rmSync(folder, { recursive: true, force: true });
    renameSync(making, folder);
    made_s = (performance.now() - begin) / 1000;
  }
  const [json, zst] = [path.join(folder, 'repodata.json'), path.join(folder, 'repodata.json.zst')];
  const sha256 = readFileSync(path.join(folder, 'sha256'), 'utf8');
  return { json, zst, jsonBytes: statSync(json).size, zstBytes: statSync(zst).size, sha256, made_s };
}

/** Changes with the generator's source, so that what an older one wrote is not taken for its own. */
function generatorKey(): string {
  const hash = createHash('sha256');
  const sources = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  for (const source of sources.sort()) hash.update(readFileSync(path.join(import.meta.dirname, source)));
  return hash.digest('hex').slice(0, 8);
}

async function write(params: SyntheticParams, folder: string): Promise<void> {
  const plain = createWriteStream(path.join(folder, 'repodata.json'));
  const zstd = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 3 } });
  const compressed = zstd.pipe(createWriteStream(path.join(folder, 'repodata.json.zst')));
  const hash = createHash('sha256');
  for (const chunk of chunks(params)) {
    hash.update(chunk);
    await Promise.all([put(plain, chunk), put(zstd, chunk)]);
  }
  plain.end();
  zstd.end();
  await Promise.all([finished(plain), finished(compressed)]);
  writeFileSync(path.join(folder, 'sha256'), hash.digest('hex'));
}

/** The document in pieces of about 1 MiB. */
function* chunks(params: SyntheticParams): Generator<Buffer, void, void> {
  let buffer = Buffer.allocUnsafeSlow(chunkSize);
  let size = buffer.write(`{"info":{"subdir":"${params.subdir ?? 'linux-64'}"},"packages":{`, 'latin1');
  let map: SyntheticRecord['extension'] = '.tar.bz2';
  let separator = '';
  for (const { file, extension, text } of syntheticRecords(params)) {
    if (extension !== map) {
      map = extension;
      separator = '},"packages.conda":{';
    }
    const member = `${separator}"${file}":${text}`;
    separator = ',';
    if (size + member.length > chunkSize) {
      yield buffer.subarray(0, size);
      buffer = Buffer.allocUnsafeSlow(chunkSize);
      size = 0;
    }
    size += buffer.write(member, size, 'latin1');
  }
  yield buffer.subarray(0, size);
  yield Buffer.from('},"removed":[],"repodata_version":1}');
}

async function put(stream: Writable, chunk: Buffer): Promise<void> {
  if (!stream.write(chunk)) await new Promise((resolve) => stream.once('drain', resolve));
}
