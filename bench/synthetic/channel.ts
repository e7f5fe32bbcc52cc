import { mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import type { SyntheticParams } from './records.ts';
import { type SyntheticRepodata, writeRepodata } from './write-repodata.ts';

/** A subdir of a channel in the making. */
export type SyntheticPart = SyntheticParams & { readonly subdir: string };

/** A channel's folder, without any package, and the documents in it in the order of the parts. */
export interface SyntheticChannel {
  readonly folder: string;
  readonly documents: readonly SyntheticRepodata[];
}

/** Make a channel of one or more subdirs at `folder`: links to documents that are kept in `cache`. */
export async function writeChannel(
  parts: readonly SyntheticPart[],
  cache: string,
  folder: string,
): Promise<SyntheticChannel> {
  const documents: SyntheticRepodata[] = [];
  for (const part of parts) {
    const document = await writeRepodata(part, cache);
    mkdirSync(path.join(folder, part.subdir), { recursive: true });
    symlinkSync(document.json, path.join(folder, part.subdir, 'repodata.json'));
    symlinkSync(document.zst, path.join(folder, part.subdir, 'repodata.json.zst'));
    documents.push(document);
  }
  return { folder, documents };
}
