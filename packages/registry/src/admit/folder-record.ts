import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { inspectConda, type Limits } from '@sluice/archives';
import { parseIndexJson, recordFromIndexJson, writeJson } from '@sluice/formats/conda';
import { type Md5, parseMd5, parseSha256, sha256ToBytes } from '@sluice/formats/digest';
import { runExportsOfPackage } from './run-exports-text.ts';

/**
 * The record of a package that lies in a folder without an index, as conda-index would write it: the archive is read
 * within bounds, digests and size are those of its bytes.
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
): Promise<{ body: Uint8Array; sha256: Uint8Array; runExports: Uint8Array | null }> {
  const { md5, sha256, size } = await digestsOf(path);
  const inspection = await inspectConda(path, file, { limits });
  const index = parseIndexJson(inspection.texts.get('info/index.json') ?? '');
  const record = recordFromIndexJson(index, { fileName: file, subdir, md5, sha256, size });
  return {
    body: new TextEncoder().encode(writeJson(record)),
    sha256: sha256ToBytes(sha256),
    runExports: runExportsOfPackage(inspection),
  };
}

async function digestsOf(path: string) {
  const [md5, sha256] = [createHash('md5'), createHash('sha256')];
  let size = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    md5.update(chunk);
    sha256.update(chunk);
    size += chunk.length;
  }
  const found: Md5 = parseMd5(md5.digest('hex'));
  return { md5: found, sha256: parseSha256(sha256.digest('hex')), size };
}
