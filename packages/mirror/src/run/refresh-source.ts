import { findPart, sourceRevision, stepsOf } from '@sluice/catalog';
import { lookedAtSubdirs } from '@sluice/policy';
import { MirrorError } from '../errors.ts';
import { listSubdirs } from '../upstreams/conda/list-subdirs.ts';
import { patiently } from './patiently.ts';
import { refreshPart } from './refresh-part.ts';
import { commit, type RunContext, type StageEnd, save } from './run-context.ts';

/**
 * First stage: ask the upstream for the index of every subdir the mirror looks at, one after the other in byte order, and admit what
 * changed. `last_key` is the subdir done last, so a later slice goes on behind it.
 *
 * @throws {MirrorError} `upstream_missing` when the upstream has none of them.
 */
export async function refreshSource(context: RunContext): Promise<StageEnd> {
  const { mirror, run } = context;
  const looked = lookedAtSubdirs(mirror.filters);
  const subdirs = looked.length > 0 ? looked : [...(await listSubdirs(context.upstream))].sort();
  const steps = stepsOf(mirror.mode, subdirs.length);
  const done = run.last_key;
  for (const [i, subdir] of subdirs.entries()) {
    if (done !== null && subdir <= done) continue;
    if (!context.hasTime()) return 'yield';
    const text = `Reading the index of ${subdir} (${i + 1} of ${subdirs.length})`;
    await save(context, { steps, step: i + 1, step_text: text, step_done: 0, step_total: 0 });
    if ((await patiently(context, () => refreshPart(context, subdir))) === 'yield') return 'yield';
    await save(context, { last_key: subdir });
  }
  // Noarch alone, which only comes along, makes no channel.
  await refuseEmpty(context, mirror.filters.subdirs?.length ? mirror.filters.subdirs : subdirs);
  await commit(context, async (trx) => {
    const revision = await sourceRevision(trx, mirror.source_id);
    await save(context, { stage: 'plan', steps, revision, last_key: null }, trx);
  });
  return 'next';
}

async function refuseEmpty(context: RunContext, subdirs: readonly string[]): Promise<void> {
  const { deps, mirror } = context;
  for (const subdir of subdirs) {
    if (await findPart(deps.db, { source_id: mirror.source_id, subdir })) return;
  }
  throw new MirrorError(
    'upstream_missing',
    `There is no conda channel at ${mirror.source_url}: no index was found for ${subdirs.slice(0, 5).join(', ')}${subdirs.length > 5 ? ' …' : ''}.`,
    {
      wanted: 'repodata.json.zst, repodata.json or packages in at least one subdir',
      found: 'none',
    },
  );
}
