import { createHash, type Hash } from 'node:crypto';
import { createReadStream, readFileSync, statSync } from 'node:fs';
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
  // At once: through promises a small file takes ten times as long.
  const bytes = statSync(path).size <= mostSmallBytes ? readFileSync(path) : undefined;
  const digests = [createHash('md5'), createHash('sha256')] as const;
  const { md5, sha256, size } = bytes ? digestsOf(digests, bytes) : await digestsOfFile(digests, path);
  const inspection = await inspectConda(bytes ? inMemory(bytes) : path, file, { limits });
  const index = parseIndexJson(inspection.texts.get('info/index.json') ?? '');
  const record = recordFromIndexJson(index, { fileName: file, subdir, md5, sha256, size });
  const digest = sha256ToBytes(sha256);
  return {
    file,
    body: new TextEncoder().encode(writeJson(record)),
    sha256: digest,
    extra: runExportsOfPackage(inspection),
    ...(bytes && { small: { bytes, inspection: inspectionRow(digest, inspection) } }),
  };
}

function inMemory(bytes: Uint8Array) {
  return {
    size: bytes.byteLength,
    read: async (position: number, length: number) => bytes.subarray(position, position + length),
  };
}

type Digests = readonly [md5: Hash, sha256: Hash];

function digestsOf([md5, sha256]: Digests, bytes?: Uint8Array) {
  if (bytes) for (const hash of [md5, sha256]) hash.update(bytes);
  const found: Md5 = parseMd5(md5.digest('hex'));
  return { md5: found, sha256: parseSha256(sha256.digest('hex')), size: bytes?.byteLength ?? 0 };
}

async function digestsOfFile(digests: Digests, path: string) {
  let size = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    for (const hash of digests) hash.update(chunk);
    size += chunk.length;
  }
  return { ...digestsOf(digests), size };
}
