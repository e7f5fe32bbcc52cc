import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { zstdCompressSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { ZipFile } from 'yazl';
import { encodeBzip2 } from './encode-bzip2.ts';

/** One entry of a tar to build. `content` is for files (default empty), `target` for links. Nothing is checked: build hostile ones too. */
export type TarItem = {
  readonly path: string;
  readonly content?: string | Uint8Array;
  readonly type?: 'file' | 'directory' | 'symlink' | 'link' | 'character-device' | 'fifo';
  readonly target?: string;
};

/** One member of a zip to build. `streamed`: its sizes follow the data, as when it is written to a pipe. */
export type ZipItem = {
  readonly name: string;
  readonly content: string | Uint8Array;
  readonly compress?: boolean;
  readonly streamed?: boolean;
};

/** A built package: what a build tool would have written under `fileName`. `index` is its info/index.json. */
export type BuiltPackage = {
  readonly fileName: string;
  readonly bytes: Buffer;
  readonly index: Record<string, unknown>;
};

/** What to build; all but the name has a default. `timestamp` in milliseconds. `index`, `info` win over what the others make. */
export type CondaPackageOptions = {
  readonly name: string;
  readonly version?: string;
  readonly build?: string;
  readonly buildNumber?: number;
  readonly subdir?: string;
  readonly depends?: readonly string[];
  readonly constrains?: readonly string[];
  readonly license?: string;
  readonly licenseFamily?: string;
  readonly noarch?: 'generic' | 'python';
  readonly timestamp?: number;
  readonly about?: Record<string, unknown>;
  readonly runExports?: Record<string, unknown>;
  /** Payload by path; listed in info/paths.json. */
  readonly files?: Record<string, string | Uint8Array>;
  /** More fields of info/index.json, or others in place of those made; `undefined` leaves one out. */
  readonly index?: Record<string, unknown>;
  /** More files of `info/` by name, or others in place of those made. */
  readonly info?: Record<string, string | Uint8Array>;
  readonly format?: 'conda' | 'tar.bz2';
};

/** Build a small conda package in memory, as conda-build would. The same options give the same bytes. */
export async function buildCondaPackage(options: CondaPackageOptions): Promise<BuiltPackage> {
  const { name, version = '1.0', build = '0', format = 'conda', files = {} } = options;
  const index = indexOf(options);
  const info: Record<string, string | Uint8Array> = {
    'index.json': JSON.stringify(index, undefined, 2),
    'about.json': JSON.stringify(options.about ?? {}),
    'paths.json': JSON.stringify({ paths: Object.entries(files).map(pathRecord), paths_version: 1 }),
    ...(options.runExports === undefined ? {} : { 'run_exports.json': JSON.stringify(options.runExports) }),
    ...options.info,
  };
  const infoItems = Object.entries(info).map(([path, content]) => ({ path: `info/${path}`, content }));
  const payload = Object.entries(files).map(([path, content]) => ({ path, content }));
  const fileName = `${name}-${version}-${build}.${format}`;
  const bytes =
    format === 'conda'
      ? await buildCondaFile(fileName, infoItems, payload)
      : encodeBzip2(await buildTar([...infoItems, ...payload]));
  return { fileName, bytes, index };
}

/** A `.conda` of any tar items, sound or not; `members` come after the three of the format. */
export async function buildCondaFile(
  fileName: string,
  info: readonly TarItem[],
  payload: readonly TarItem[],
  members: readonly ZipItem[] = [],
): Promise<Buffer> {
  const stem = fileName.replace(/\.conda$/, '');
  return buildZip([
    { name: 'metadata.json', content: '{"conda_pkg_format_version": 2}' },
    { name: `pkg-${stem}.tar.zst`, content: zstdCompressSync(await buildTar(payload)) },
    { name: `info-${stem}.tar.zst`, content: zstdCompressSync(await buildTar(info)) },
    ...members,
  ]);
}

/** A tar of any items, sound or not. */
export async function buildTar(items: readonly TarItem[]): Promise<Buffer> {
  const tar = pack();
  const bytes = gather(tar);
  for (const { path, content = '', type = 'file', target } of items) {
    const header = { name: path, type, mtime: new Date(0), ...(target === undefined ? {} : { linkname: target }) };
    tar.entry(header, type === 'file' ? Buffer.from(content) : '');
  }
  tar.finalize();
  return bytes;
}

/** A zip of any members, stored unless `compress`. */
export async function buildZip(items: readonly ZipItem[]): Promise<Buffer> {
  const zip = new ZipFile();
  const bytes = gather(zip.outputStream);
  for (const { name, content, compress = false, streamed = false } of items) {
    const options = { compress, mtime: new Date(2020, 0, 1), forceDosTimestamp: true };
    if (streamed) zip.addReadStream(Readable.from([Buffer.from(content)]), name, options);
    else zip.addBuffer(Buffer.from(content), name, options);
  }
  zip.end();
  return bytes;
}

function indexOf(options: CondaPackageOptions): Record<string, unknown> {
  const { name, version = '1.0', build = '0', buildNumber = 0, noarch } = options;
  const subdir = options.subdir ?? 'noarch';
  const made = {
    name,
    version,
    build,
    build_number: buildNumber,
    subdir,
    depends: options.depends ?? [],
    constrains: options.constrains,
    license: options.license,
    license_family: options.licenseFamily,
    noarch: noarch ?? (subdir === 'noarch' ? 'generic' : undefined),
    timestamp: options.timestamp,
    ...options.index,
  };
  return Object.fromEntries(Object.entries(made).filter(([, value]) => value !== undefined));
}

function pathRecord([path, content]: [string, string | Uint8Array]): Record<string, unknown> {
  return {
    _path: path,
    path_type: 'hardlink',
    sha256: createHash('sha256').update(content).digest('hex'),
    size_in_bytes: Buffer.byteLength(content),
  };
}

async function gather(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part as Uint8Array);
  return Buffer.concat(parts);
}
