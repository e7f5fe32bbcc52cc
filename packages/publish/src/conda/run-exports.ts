import { type BlobRow, findInspections } from '@sluice/catalog';
import { createRunExportsWriter, type RunExports } from '@sluice/formats/conda';
import { hexAt } from '@sluice/policy';
import { putBlob } from '@sluice/storage';
import type { PublishDeps } from '../deps.ts';
import type { LoadedLayer } from '../selection.ts';
import { packDocument } from './pack-document.ts';

/**
 * Write `run_exports.json.zst` of one subdir. It lists the files whose archive has been read here: to list another with
 * nothing would say that it exports nothing, and we do not know.
 *
 * @see CEP 12
 */
export async function buildRunExports(
  deps: PublishDeps,
  layers: readonly LoadedLayer[],
  subdir: string,
): Promise<BlobRow> {
  const shown = layers.flatMap(({ facts, verdicts }) =>
    Array.from(verdicts.keys())
      .filter((i) => verdicts[i] === 0)
      .map((i) => ({ fn: facts.file(i), sha256: hexAt(facts.sha256, 32, i) })),
  );
  const digests = shown.flatMap(({ sha256 }) => (sha256 === undefined ? [] : [Buffer.from(sha256, 'hex')]));
  const known = new Map(
    (await findInspections(deps.db, digests)).map((row) => [
      Buffer.from(row.sha256).toString('hex'),
      (row.run_exports ?? {}) as RunExports,
    ]),
  );
  const listed = shown
    .flatMap(({ fn, sha256 }) => (known.has(sha256 ?? '') ? [{ fn, exports: known.get(sha256 ?? '')! }] : []))
    .sort((a, b) => (a.fn < b.fn ? -1 : 1));
  const chunks: Uint8Array[] = [];
  const writer = createRunExportsWriter(subdir, (chunk) => chunks.push(chunk));
  for (const { fn, exports } of listed) if (fn.endsWith('.tar.bz2')) writer.entry('packages', fn, exports);
  for (const { fn, exports } of listed) if (fn.endsWith('.conda')) writer.entry('packages.conda', fn, exports);
  writer.end();
  return putBlob(deps.storage, [await packDocument(Buffer.concat(chunks))]);
}
