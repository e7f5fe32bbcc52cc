import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { type BlobRow, type Db, findInspections, type InspectionRow } from '@sluice/catalog';
import { createChanneldata, type LinkFlags, parseAboutJson, type RunExports } from '@sluice/formats/conda';
import { type BlobStore, blobRef } from '@sluice/storage';
import { putDocument } from '../conda/put-document.ts';
import type { MonolithDeps } from './monolith-deps.ts';
import type { NewestFile } from './newest-files.ts';

const decompress = promisify(zstdDecompress);

/**
 * Write `channeldata.json.zst`: every package name of the channel, told by its newest file. What only the archive says
 * (summary, links, run exports) is there for files whose bytes have been here.
 *
 * @see CEP 38
 */
export async function writeChanneldata(deps: MonolithDeps, files: readonly NewestFile[]): Promise<BlobRow> {
  const inspections = await inspectionsOf(deps.db, files);
  const channeldata = createChanneldata();
  for (const { fn, subdir, name, version, license, timestamp, sha256 } of files) {
    const inspection = sha256 === undefined ? undefined : inspections.get(sha256);
    channeldata.add({ fn, subdir, record: { name, version, license, timestamp }, ...described(inspection) });
  }
  return putDocument(deps.storage, channeldata.write());
}

/** Read back the newest files that were written down with a subdir's documents. */
export async function readNewest(storage: BlobStore, blob: BlobRow): Promise<NewestFile[]> {
  return JSON.parse((await decompress(await storage.read(blobRef(blob)))).toString());
}

async function inspectionsOf(db: Db, files: readonly NewestFile[]): Promise<Map<string, InspectionRow>> {
  const digests = files.flatMap(({ sha256 }) => (sha256 === undefined ? [] : [Buffer.from(sha256, 'hex')]));
  const rows = await findInspections(db, digests);
  return new Map(rows.map((row) => [Buffer.from(row.sha256).toString('hex'), row]));
}

function described(inspection: InspectionRow | undefined) {
  return {
    ...(inspection?.about && { about: parseAboutJson(JSON.stringify(inspection.about)) }),
    ...(inspection?.paths && { flags: inspection.paths as unknown as LinkFlags }),
    ...(inspection?.run_exports && { run_exports: inspection.run_exports as RunExports }),
  };
}
