import { findBlob, listBundles } from '@sluice/catalog';
import { prefixDigits, readContentsLine, writeStateFile } from '@sluice/formats/bundle';
import { bytesToHex } from '@sluice/formats/digest';
import { MirrorError } from '../../errors.ts';
import type { BundleDeps } from '../deps.ts';
import { storedLines } from '../stored-lines.ts';

/**
 * What is here of a series, to be carried back: a small file that the next delta is made against.
 *
 * @param series may be left out where there is one only.
 * @throws {MirrorError} `bundle_missing` when nothing of it came in; `bundle_invalid` when there are several.
 */
export async function farState(deps: Pick<BundleDeps, 'db' | 'storage'>, series?: string): Promise<Uint8Array> {
  const { rows } = await listBundles(deps.db, { direction: 'in', series, limit: 10_000, offset: 0 });
  const completed = rows.filter(({ state }) => state === 'completed');
  const all = [...new Set(completed.map((row) => `${row.issuer} ${row.series}`))];
  if (all.length > 1) {
    const names = [...new Set(completed.map((row) => row.series))];
    throw new MirrorError('bundle_invalid', `Name the series: ${names.join(', ')}.`, { wanted: 'one series' });
  }
  const last = completed.sort((a, b) => b.serial - a.serial)[0];
  if (!last) {
    const what = series === undefined ? 'No bundle' : `No bundle of ${series}`;
    throw new MirrorError('bundle_missing', `${what} came in yet: have a full one made.`, { found: series ?? 'none' });
  }
  const blobs = new Set<string>();
  const listing = await findBlob(deps.db, last.contents!);
  for await (const text of storedLines(deps, listing!)) {
    const line = readContentsLine(text);
    if (line.kind === 'attachment') blobs.add(line.sha256.slice(0, prefixDigits));
    if (line.kind !== 'record') continue;
    blobs.add(line.sha256.slice(0, prefixDigits));
    for (const { sha256 } of line.companions) blobs.add(sha256.slice(0, prefixDigits));
  }
  const { serial, issuer } = last;
  return writeStateFile({ series: last.series, serial, issuer, state: bytesToHex(last.state_sha256!), blobs });
}
