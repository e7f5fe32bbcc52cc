import { type BlobRow, findInspections } from '@sluice/catalog';
import { createRunExportsWriter, type RunExports } from '@sluice/formats/conda';
import { hexAt } from '@sluice/policy';
import type { PublishDeps } from '../deps.ts';
import type { LoadedLayer } from '../selection.ts';
import { putDocument } from './put-document.ts';

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
  const listed = await inspectedFiles(deps, layers);
  listed.sort((a, b) => (a.fn < b.fn ? -1 : 1));
  const chunks: Uint8Array[] = [];
  const writer = createRunExportsWriter(subdir, (chunk) => chunks.push(chunk));
  for (const { fn, exports } of listed) if (fn.endsWith('.tar.bz2')) writer.entry('packages', fn, exports);
  for (const { fn, exports } of listed) if (fn.endsWith('.conda')) writer.entry('packages.conda', fn, exports);
  writer.end();
  return putDocument(deps.storage, chunks);
}

/** Files asked about at once. */
const portion = 5000;

async function inspectedFiles(
  deps: PublishDeps,
  layers: readonly LoadedLayer[],
): Promise<{ fn: string; exports: RunExports }[]> {
  const listed: { fn: string; exports: RunExports }[] = [];
  for (const { facts, verdicts } of layers) {
    for (let from = 0; from < facts.count; from += portion) {
      // Two files may be the same bytes.
      const rows = new Map<string, number[]>();
      for (let i = from; i < Math.min(from + portion, facts.count); i++) {
        const sha256 = verdicts[i] === 0 ? hexAt(facts.sha256, 32, i) : undefined;
        if (sha256 !== undefined) rows.set(sha256, [...(rows.get(sha256) ?? []), i]);
      }
      const found = await findInspections(
        deps.db,
        Array.from(rows.keys(), (hex) => Buffer.from(hex, 'hex')),
      );
      for (const { sha256, run_exports } of found) {
        for (const row of rows.get(Buffer.from(sha256).toString('hex'))!) {
          listed.push({ fn: facts.file(row), exports: (run_exports ?? {}) as RunExports });
        }
      }
    }
  }
  return listed;
}
