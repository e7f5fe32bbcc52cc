import type { DocumentRow } from '@sluice/catalog';
import { knownSubdirs } from '@sluice/formats/conda';

/** An index file that the conda protocol serves: the stored one, and whether the client wants what is packed in it. */
export interface DocumentRequest {
  /** Always the `.zst` file. */
  key: string;
  unpack: boolean;
}

const perSubdir = new Set(['repodata.json', 'current_repodata.json', 'run_exports.json', 'repodata_shards.msgpack']);
const perChannel = new Set(['channeldata.json']);

/** Whether a path below a channel names an index file; undefined when it does not. */
export function documentRequest(rest: string): DocumentRequest | undefined {
  const unpack = !rest.endsWith('.zst');
  const plain = unpack ? rest : rest.slice(0, -'.zst'.length);
  const cut = plain.indexOf('/');
  const known = cut < 0 ? perChannel.has(plain) : perSubdir.has(plain.slice(cut + 1));
  // Of shards there is no plain form: CEP 16 names the packed one only.
  if (!known || (unpack && plain.endsWith('.msgpack'))) return undefined;
  return { key: `${plain}.zst`, unpack };
}

/** The index files of one publication, by key. */
export interface Documents {
  rows: ReadonlyMap<string, DocumentRow>;
  /** Keys of those that belong to it and are to be made first: one made them, and they were not kept. */
  missing: ReadonlySet<string>;
}

/** Whether the publication lists anything in the subdir of this key. */
export function showsSubdir({ rows, missing }: Documents, key: string): boolean {
  const repodata = `${subdirOf(key)}/repodata.json.zst`;
  return rows.has(repodata) || missing.has(repodata);
}

/** Whether an empty document stands in for one that is not there: every known subdir is there, if empty. */
export function hasEmptyDocument(key: string): boolean {
  return !key.includes('/') || knownSubdirs.includes(subdirOf(key));
}

/** Whether a key is that of a subdir's shard index. */
export function isShardIndex(key: string): boolean {
  return key.endsWith('/repodata_shards.msgpack.zst');
}

function subdirOf(key: string): string {
  return key.slice(0, key.indexOf('/'));
}
