import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import type { PartOrigin, SourcePartRow } from '@sluice/catalog';
import { decodeShardIndex, type ShardIndex } from '@sluice/formats/conda';
import { FormatError } from '@sluice/formats/errors';
import { MirrorError } from '../../errors.ts';
import { looksLikeZstd } from '../../fetch/unzstd.ts';
import { absentIfNone } from '../absent-if.ts';
import { readBounded } from '../read-bounded.ts';
import type { UpstreamDeps } from '../upstream-deps.ts';
import { absenceMs, isBelieved } from './absence.ts';
import { ask } from './ask.ts';
import { digestOf } from './digest-of.ts';
import { channelLocation, channelUrl } from './locate.ts';

const decompress = promisify(zstdDecompress);

/** What was known of a part before; undefined when it is new. */
export type KnownShards = Pick<SourcePartRow, 'document_url' | 'etag' | 'last_modified' | 'shards_absent_at'>;

/**
 * `unchanged`: the validators still hold. `absent`: the upstream has no shards, none that can be read, or does not give them:
 * `denial`.
 */
export type ShardIndexAnswer =
  | { status: 'unchanged' }
  | { status: 'absent'; denial?: MirrorError | undefined }
  | { status: 'found'; index: ShardIndex; origin: PartOrigin };

const mostBytes = 64 * 1024 * 1024;
/** What conda reads. */
const mostUnpackedBytes = 128 * 1024 * 1024;

/**
 * Find the index of a subdir's shards. One of another version, or that is no such index, counts as none: repodata.json is
 * read instead. Channels in folders of this machine are not read by shards.
 *
 * @throws {MirrorError} `upstream_unavailable` for one that is cut short, and what else a broken connection throws;
 *   `upstream_malformed` for that of another subdir.
 * @see CEP 16
 */
export async function findShardIndex(
  deps: UpstreamDeps,
  subdir: string,
  known: KnownShards | undefined,
  now: Date,
): Promise<ShardIndexAnswer> {
  const path = `${subdir}/repodata_shards.msgpack.zst`;
  if (channelLocation(deps.address, path).kind === 'file') return { status: 'absent' };
  if (isBelieved(known?.shards_absent_at, now, absenceMs.shards)) return { status: 'absent' };
  let denial: MirrorError | undefined;
  const answer = await ask(deps, path, 'zst', {
    url: known?.document_url ?? null,
    etag: known?.etag ?? null,
    lastModified: known?.last_modified ?? null,
  }).catch((error: unknown) => {
    if (error instanceof MirrorError && error.code !== 'upstream_missing') denial = error;
    return absentIfNone(error);
  });
  if (answer === undefined) return { status: 'absent', denial };
  if (answer === 'unchanged') return { status: 'unchanged' };
  const url = channelUrl(deps.address, path);
  const bytes = await readBounded(answer.body, mostBytes, url);
  const index = looksLikeZstd(bytes) ? await unpacked(bytes, url) : undefined;
  if (!index) return { status: 'absent' };
  if (index.info.subdir !== undefined && index.info.subdir !== subdir) {
    throw new MirrorError('upstream_malformed', `${url} describes the subdir ${index.info.subdir}.`, {
      wanted: subdir,
      found: index.info.subdir,
    });
  }
  return {
    status: 'found',
    index,
    origin: {
      document_url: url,
      document_sha256: digestOf(bytes),
      etag: answer.headers.etag ?? null,
      last_modified: answer.headers['last-modified'] ?? null,
      base_url: index.info.baseUrl === '' ? null : index.info.baseUrl,
      run_exports_url: null,
      run_exports_sha256: null,
      run_exports_etag: null,
      run_exports_last_modified: null,
    },
  };
}

async function unpacked(bytes: Uint8Array, url: string): Promise<ShardIndex | undefined> {
  const plain = await decompress(bytes, { maxOutputLength: mostUnpackedBytes }).catch((cause: unknown) => {
    throw new MirrorError('upstream_unavailable', `${url} is cut short or damaged.`, {
      wanted: 'a whole zstd frame',
      found: 'another',
      transient: true,
      cause,
    });
  });
  try {
    return decodeShardIndex(plain);
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}
