import { rm } from 'node:fs/promises';
import { type BundlePartRow, bundleParts, saveBundleParts } from '@sluice/catalog';
import { admitBundlePart, readBundleManifest } from '@sluice/registry';
import { MirrorError, type MirrorErrorCode } from '../../errors.ts';
import { incomingFolder } from './incoming-folder.ts';
import { bundleRefusal } from './refusal.ts';
import { trustedKeyTexts } from './trust.ts';
import type { InWork } from './work.ts';

/** What no further try makes good. */
const spoilt: readonly MirrorErrorCode[] = ['bundle_cut', 'bundle_tampered', 'bundle_malformed'];

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
    const before = { read: report.bytes_read, known: report.bytes_known };
    const isDone = await admitted(work, part, keys).catch(async (error: unknown) => {
      // What was sent and is not what was signed is asked for anew.
      const refusal = bundleRefusal(error);
      const isSpoilt = refusal instanceof MirrorError && spoilt.includes(refusal.code);
      if (isSpoilt && path.startsWith(incomingFolder(deps, row.id))) await rm(path, { force: true });
      throw error;
    });
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

async function admitted(work: InWork, part: BundlePartRow, keys: readonly string[]): Promise<boolean> {
  const { deps, row, report } = work;
  const path = part.place!;
  const manifest = await readBundleManifest(path, keys);
  if (manifest.body !== Buffer.from(part.sha256 ?? []).toString('hex')) throw exchanged(path);
  return admitBundlePart(
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
}

function exchanged(path: string): MirrorError {
  return new MirrorError('bundle_mixed', `${path} is another part than it was: two bundles are mixed up. Bring one.`, {
    found: path,
  });
}
