import {
  copyLiveRecords,
  copyOut,
  findNeededNoarch,
  insertBlobs,
  insertNeededNoarch,
  type LayerState,
  type Part,
  withSession,
} from '@sluice/catalog';
import {
  type Depends,
  dependsOf,
  type Facts,
  type FileNames,
  fileRows,
  type PartDepends,
  readFileNames,
  neededNoarch as workOut,
} from '@sluice/policy';
import { blobRef, putCompressed, readCompressed } from '@sluice/storage';
import type { AdmitDeps } from './admit/deps.ts';
import { sourceFacts } from './admit/source-facts.ts';

/** What working out the needed files takes. */
export type NeededDeps = Pick<AdmitDeps, 'db' | 'pool' | 'storage' | 'now'>;

/**
 * The noarch files that come along with the platforms a layer names. Worked out once for a revision and the rules, which
 * reads every record of these platforms; afterwards they are one small blob.
 */
export async function neededNoarch(deps: NeededDeps, layer: LayerState): Promise<FileNames> {
  const known = await findNeededNoarch(deps.db, layer);
  if (known) return readFileNames(await readCompressed(deps.storage, blobRef(known), known.unpacked_bytes));
  const names = await readNeeded(deps, layer);
  const unpacked = { chunks: [names], bytes: names.byteLength };
  const blob = await putCompressed(deps.storage, unpacked, 1);
  await insertBlobs(deps.db, [blob], deps.now());
  await insertNeededNoarch(deps.db, layer, { blob: blob.sha256, unpacked_bytes: unpacked.bytes });
  return readFileNames(names);
}

async function readNeeded(deps: NeededDeps, layer: LayerState): Promise<Uint8Array> {
  const noarch = await partDepends(deps, layer, 'noarch');
  if (!noarch) return new Uint8Array();
  return workOut(layer.definition, noarch, platforms(deps, layer));
}

async function* platforms(deps: NeededDeps, layer: LayerState): AsyncGenerator<PartDepends> {
  for (const subdir of layer.definition.mirror?.filters.subdirs ?? []) {
    const part = await partDepends(deps, layer, subdir);
    if (part) yield part;
  }
}

async function partDepends(deps: NeededDeps, layer: LayerState, subdir: string): Promise<PartDepends | undefined> {
  const part = { source_id: layer.sourceId, subdir };
  const facts = await sourceFacts(deps, part, layer.revision);
  return facts && { facts, depends: recordDepends(deps, part, layer.revision, facts) };
}

/** What the files of a part depend on, read from its records at `revision`, whose facts these are. */
export function recordDepends(deps: Pick<AdmitDeps, 'pool'>, part: Part, revision: number, facts: Facts): Depends {
  return {
    async each(isWanted, take) {
      const wanted = new Uint8Array(facts.count).map((_, row) => (isWanted(row) ? 1 : 0));
      if (!wanted.includes(1)) return;
      const rowOf = fileRows(facts.files, facts.count);
      await withSession(deps.pool, async ({ client }) => {
        for await (const batch of copyOut(client, copyLiveRecords([{ ...part, revision }], ''))) {
          for (let i = 0; i < batch.length; i++) {
            const row = rowOf(batch.text(i, 1)!);
            if (row >= 0 && wanted[row] === 1) take(row, dependsOf(batch.bytes(i, 2)!));
          }
        }
      });
    },
  };
}
