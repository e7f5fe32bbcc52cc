import { bundleParts, saveBundleParts } from '@sluice/catalog';
import { admitBundlePart, readBundleManifest } from '@sluice/registry';
import { MirrorError } from '../../errors.ts';
import { trustedKeyTexts } from './trust.ts';
import type { InWork } from './work.ts';

/**
 * First stage: take in the blobs of each part that is here, in whatever order they came. Each part's signature is checked anew,
 * for a file may have been exchanged.
 *
 * @returns `wait` when parts are missing.
 */
export async function takeParts(work: InWork): Promise<boolean | 'wait'> {
  const { deps, row, definition, report } = work;
  const keys = await trustedKeyTexts(deps.db);
  for (const part of await bundleParts(deps.db, row.id)) {
    if (part.state === 'done') continue;
    if (work.isLate()) return false;
    const path = part.place!;
    const manifest = await readBundleManifest(path, keys);
    if (manifest.body !== Buffer.from(part.sha256 ?? []).toString('hex')) throw exchanged(path);
    const before = { read: report.bytes_read, known: report.bytes_known };
    const isDone = await admitBundlePart(
      deps,
      { bundleId: row.id, path, manifest },
      {
        hasTime: () => !work.isLate(),
        onBytes(read, known) {
          report.bytes_read += read;
          report.bytes_known += known;
        },
        tick: () => work.tick(),
        guard: (trx) => work.guard(trx),
        ...(work.signal && { signal: work.signal }),
      },
    );
    if (!isDone) {
      // What was passed over will be so again.
      report.bytes_known = before.known;
      return false;
    }
    report.parts_done++;
    await work.save({}, (trx) => saveBundleParts(trx, row.id, [{ ...part, state: 'done' }]));
  }
  const parts = await bundleParts(deps.db, row.id);
  return parts.length === definition.parts && parts.every(({ state }) => state === 'done') ? true : 'wait';
}

function exchanged(path: string): MirrorError {
  return new MirrorError('bundle_mixed', `${path} is another part than it was: two bundles are mixed up. Bring one.`, {
    found: path,
  });
}
