import type { DocumentRow } from '@sluice/catalog';
import { knownSubdirs } from '@sluice/formats/conda';

/** A document that the conda protocol serves: the stored file, and whether the client wants what is packed in it. */
export interface DocumentRequest {
  /** Key of the publication's entry, always the `.zst` file. */
  key: string;
  unpack: boolean;
}

const perSubdir = new Set(['repodata.json', 'current_repodata.json', 'run_exports.json']);
const perChannel = new Set(['channeldata.json']);

/** Whether a path below a channel names an index document; undefined when it does not. */
export function documentRequest(rest: string): DocumentRequest | undefined {
  const unpack = !rest.endsWith('.zst');
  const plain = unpack ? rest : rest.slice(0, -'.zst'.length);
  const cut = plain.indexOf('/');
  const known = cut < 0 ? perChannel.has(plain) : perSubdir.has(plain.slice(cut + 1));
  return known ? { key: `${plain}.zst`, unpack } : undefined;
}

/** The documents of a channel's head by key. */
export type Documents = ReadonlyMap<string, DocumentRow>;

/** Whether an empty document stands in for one that the head does not have: every known subdir is there, if empty. */
export function hasEmptyDocument(key: string): boolean {
  const cut = key.indexOf('/');
  return cut < 0 || knownSubdirs.includes(key.slice(0, cut));
}
