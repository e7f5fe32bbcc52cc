import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { inspectConda, type Limits } from '@sluice/archives';
import { parseIndexJson, recordFromIndexJson, writeJson } from '@sluice/formats/conda';
import { type Md5, parseMd5, parseSha256, sha256ToBytes } from '@sluice/formats/digest';
import type { FolderPackage } from './folder-packages.ts';
import { inspectionRow } from './inspection-row.ts';
import { runExportsOfPackage } from './run-exports-text.ts';

/** Files up to this size are read once, whole: into a pack they go as they are. */
const mostSmallBytes = 64 * 1024;

/**
 * The record of a package that lies in a folder without an index, as conda-index would write it: the archive is read
 * within bounds, digests and size are those of its bytes. Of a small one the bytes come along, for who wants to keep them.
 *
 * It has no `indexed_timestamp`: the folder is the upstream, and says nothing of when it listed the file.
 *
 * @throws {ArchiveError | FormatError} why it is no package that can be listed.
 */
export async function folderRecord(
  path: string,
  file: string,
  subdir: string,
  limits: Partial<Limits> = {},
): Promise<FolderPackage & { sha256: Uint8Array }> {
  const bytes = (await stat(path)).size <= mostSmallBytes ? await readFile(path) : undefined;
  const { md5, sha256, size } = await digestsOf(bytes ? [bytes] : createReadStream(path, { highWaterMark: 1 << 20 }));
  const inspection = await inspectConda(bytes ? inMemory(bytes) : path, file, { limits });
  const index = parseIndexJson(inspection.texts.get('info/index.json') ?? '');
  const record = recordFromIndexJson(index, { fileName: file, subdir, md5, sha256, size });
  const digest = sha256ToBytes(sha256);
  return {
    file,
    body: new TextEncoder().encode(writeJson(record)),
    sha256: digest,
    runExports: runExportsOfPackage(inspection),
    ...(bytes && { small: { bytes, inspection: inspectionRow(digest, inspection) } }),
  };
}

function inMemory(bytes: Uint8Array) {
  return {
    size: bytes.byteLength,
    read: async (position: number, length: number) => bytes.subarray(position, position + length),
  };
}

async function digestsOf(chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>) {
  const [md5, sha256] = [createHash('md5'), createHash('sha256')];
  let size = 0;
  for await (const chunk of chunks) {
    md5.update(chunk);
    sha256.update(chunk);
    size += chunk.length;
  }
  const found: Md5 = parseMd5(md5.digest('hex'));
  return { md5: found, sha256: parseSha256(sha256.digest('hex')), size };
}
