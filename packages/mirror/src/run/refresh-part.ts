import { findPart, type Part, touchPart, wantsSignatures } from '@sluice/catalog';
import { MirrorError } from '../errors.ts';
import { absenceMs, stillSince } from '../upstreams/conda/absence.ts';
import { channelLocation } from '../upstreams/conda/locate.ts';
import { findShardIndex, type ShardIndexAnswer } from '../upstreams/conda/shard-index.ts';
import { refreshDocument } from './refresh-document.ts';
import { refreshShards } from './refresh-shards.ts';
import { commit, type RunContext } from './run-context.ts';

/**
 * Bring one subdir of the run's source up to what the upstream has now: its shards if it has any and no mirror of the source wants
 * signed files only, else its repodata.json, else, in a folder of this machine, the packages themselves.
 *
 * @returns `absent` when the upstream has no such subdir, `yield` when there is more to do than this slice has time for.
 * @throws {MirrorError} `upstream_missing` when a subdir that had files is gone: an upstream that loses one is more likely
 *   broken than empty, so what is known stays. What asking and admitting throw.
 */
export async function refreshPart(context: RunContext, subdir: string): Promise<'done' | 'absent' | 'yield'> {
  const { deps, mirror, upstream } = context;
  const part: Part = { source_id: mirror.source_id, subdir };
  const known = await findPart(deps.db, part);
  const now = deps.now();
  // Shards say nothing of signatures.
  const isSigned = await wantsSignatures(deps.db, mirror.source_id);
  const shards = isSigned ? noShards : await findShardIndex(upstream, subdir, known, now);
  if (shards.status === 'unchanged') {
    await commit(context, (trx) => touchPart(trx, part, now));
    return 'done';
  }
  if (shards.status === 'found') return refreshShards(context, part, shards);
  const isFolder = channelLocation(upstream.address, subdir).kind === 'file';
  const absentAt = isSigned ? known?.shards_absent_at : stillSince(known?.shards_absent_at, now, absenceMs.shards);
  const shardsAbsentAt = isFolder ? null : (absentAt ?? null);
  const end = await refreshDocument(context, part, known, shardsAbsentAt);
  if (end === 'absent' && known && known.records > 0) throw shards.denial ?? vanished(subdir, known.records);
  return end;
}

const noShards: Extract<ShardIndexAnswer, { status: 'absent' }> = { status: 'absent' };

function vanished(subdir: string, records: number): MirrorError {
  return new MirrorError(
    'upstream_missing',
    `The upstream has no index for ${subdir} any more, which had ${records} files. Nothing was removed; check the source, or leave the subdir out.`,
    { wanted: `${subdir}/repodata.json`, found: 'nothing' },
  );
}
