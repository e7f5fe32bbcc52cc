import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Db, findBlob, forgetBundleBlobs, importsAfter, recordEvent, saveBundle } from '@sluice/catalog';
import { sha256ToBytes } from '@sluice/formats/digest';
import { blobRefOf } from '../blob-ref.ts';
import { enqueueBundleSlice } from '../enqueue-slice.ts';
import { headLines } from './head-lines.ts';
import { incomingFolder } from './incoming-folder.ts';
import type { InWork } from './work.ts';
import { linesAt } from './write-state.ts';

/** Last stage: files that were carried as they are appear in `<data>/airgap/files`, each whole or not at all. */
export async function layFiles(work: InWork): Promise<boolean> {
  const { deps, row } = work;
  const { attachments } = await headLines(linesAt(work, 'listing'));
  const folder = join(deps.bundleFolder, 'files');
  if (attachments.size > 0) await mkdir(folder, { recursive: true });
  for (const { name, sha256 } of attachments.values()) {
    const blob = await findBlob(deps.db, sha256ToBytes(sha256 as never));
    if (!blob) continue;
    const temporary = join(folder, `.${row.id}.${name}`);
    const handle = await open(temporary, 'w');
    try {
      for await (const chunk of deps.storage.open(blobRefOf(blob))) await handle.write(chunk);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, join(folder, name));
  }
  await work.save({ state: 'completed', error: null }, (trx) => finish(trx, work), 'alone');
  // What was sent is in; what lies elsewhere is somebody's own.
  await rm(incomingFolder(deps, row.id), { recursive: true, force: true });
  return true;
}

async function finish(trx: Db, { deps, row, report, place }: InWork): Promise<void> {
  await forgetBundleBlobs(trx, row.id);
  const { files, added, changed, removed, bytes_read, bytes_known, parts, notes } = report;
  const { series, serial, base_serial, issuer } = row;
  await recordEvent(trx, {
    at: deps.now(),
    actor: row.actor,
    action: 'bundle_imported',
    subject: row.id,
    data: {
      ...{ series, serial, base: base_serial, issuer, channels: (place.channels ?? []).map(({ path }) => path) },
      ...{ files, added, changed, removed, bytes_read, bytes_known, parts, notes },
    },
  });
  // Those that build on this one waited for it.
  for (const next of await importsAfter(trx, { issuer: issuer!, series }, serial)) {
    await saveBundle(trx, next, { state: 'pending', error: null }, deps.now());
    await enqueueBundleSlice(trx, next.id);
  }
}
