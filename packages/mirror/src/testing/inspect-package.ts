import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { inspectConda } from '@sluice/archives';
import { type JsonValue, parseIndexJson, recordFromIndexJson, toRunExports, writeJson } from '@sluice/formats/conda';
import { parseMd5, parseSha256 } from '@sluice/formats/digest';
import type { InspectPackage } from '../upstreams/conda/folder-packages.ts';

/** Opens packages for real, as the server does. */
export const inspectPackage: InspectPackage = async (path, file, subdir) => {
  const bytes = await readFile(path);
  const inspection = await inspectConda(path, file);
  const sha256 = createHash('sha256').update(bytes).digest();
  const record = recordFromIndexJson(parseIndexJson(inspection.texts.get('info/index.json')!), {
    fileName: file,
    subdir,
    md5: parseMd5(createHash('md5').update(bytes).digest('hex')),
    sha256: parseSha256(sha256.toString('hex')),
    size: bytes.length,
  });
  const extra = Buffer.from(writeJson(toRunExports((inspection.runExports ?? null) as JsonValue)));
  return { body: Buffer.from(writeJson(record)), extra, sha256 };
};
