import type { BlobRow } from '@sluice/catalog';
import { createChanneldata, createRunExportsWriter } from '@sluice/formats/conda';
import type { PublishDeps } from '../deps.ts';
import type { LoadedLayer } from '../selection.ts';
import { buildCurrentRepodata } from './current-repodata.ts';
import { buildRepodata, emptyRepodata } from './repodata.ts';
import { buildRunExports } from './run-exports.ts';

/**
 * Above so many files a subdir has no current_repodata.json: choosing needs all records in memory, and only conda's
 * classic solver asks for it, which goes on with repodata.json.
 */
const currentUpTo = 50_000;

/** One index document: its key is the path below the channel. */
export interface Document {
  key: string;
  blob: BlobRow;
}

/** Write all index documents of one subdir anew. */
export async function buildSubdirDocuments(
  deps: PublishDeps,
  layers: readonly LoadedLayer[],
  subdir: string,
): Promise<Document[]> {
  const documents = [
    { key: `${subdir}/repodata.json.zst`, blob: await buildRepodata(deps, layers, subdir) },
    { key: `${subdir}/run_exports.json.zst`, blob: await buildRunExports(deps, layers, subdir) },
  ];
  if (shownCount(layers) <= currentUpTo) {
    documents.push({
      key: `${subdir}/current_repodata.json.zst`,
      blob: await buildCurrentRepodata(deps, layers, subdir),
    });
  }
  return documents;
}

function shownCount(layers: readonly LoadedLayer[]): number {
  let count = 0;
  for (const { verdicts } of layers) for (const verdict of verdicts) if (verdict === 0) count++;
  return count;
}

/** The plain text of the document `key` (a `.zst` name) when there is nothing in it: a channel is never half there. */
export function emptyDocument(key: string): Uint8Array {
  const [subdir = '', document] = key.split('/');
  if (document === undefined) return Buffer.from(createChanneldata().write());
  if (!document.startsWith('run_exports')) return emptyRepodata(subdir);
  const chunks: Uint8Array[] = [];
  createRunExportsWriter(subdir, (chunk) => chunks.push(chunk)).end();
  return Buffer.concat(chunks);
}
