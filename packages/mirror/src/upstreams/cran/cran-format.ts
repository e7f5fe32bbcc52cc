import { findPart, sourceRevision, stepsOf, touchPart } from '@sluice/catalog';
import { type CranTree, parseCranTree } from '@sluice/formats/cran';
import { cranPart, cranPath } from '@sluice/formats/package';
import { lookedAtSubdirs } from '@sluice/policy';
import { admitRTree } from '@sluice/registry';
import { MirrorError } from '../../errors.ts';
import { patiently } from '../../run/patiently.ts';
import { commit, type RunContext, type StageEnd, save } from '../../run/run-context.ts';
import type { UpstreamFormat } from '../index.ts';
import { cranLocator } from './locate.ts';
import { readTree } from './read-tree.ts';

/** A repository laid out as CRAN: trees with PACKAGES, and an archive beside the sources. */
export const cranFormat: UpstreamFormat = { refresh, locator: cranLocator };

/** Ask the upstream for the index of every tree the mirror looks at, one after the other. `last_key` is the one done last. */
async function refresh(context: RunContext): Promise<StageEnd> {
  const { mirror, run } = context;
  const trees = lookedAtSubdirs(mirror.filters).map((part) => parseCranTree(cranPath(part))!);
  const steps = stepsOf(mirror.mode, trees.length);
  const done = run.last_key;
  for (const [i, tree] of trees.entries()) {
    const part = cranPart(tree.path);
    if (done !== null && part <= done) continue;
    if (!context.hasTime()) return 'yield';
    const text = `Reading the index of ${tree.path} (${i + 1} of ${trees.length})`;
    await save(context, { steps, step: i + 1, step_text: text, step_done: 0, step_total: 0 });
    await patiently(context, () => refreshTree(context, tree));
    await save(context, { last_key: part });
  }
  await refuseEmpty(context, trees);
  await commit(context, async (trx) => {
    const revision = await sourceRevision(trx, mirror.source_id);
    await save(context, { stage: 'plan', steps, revision, last_key: null }, trx);
  });
  return 'next';
}

async function refreshTree(context: RunContext, tree: CranTree): Promise<void> {
  const { deps, mirror, lease, upstream } = context;
  const part = { source_id: mirror.source_id, subdir: cranPart(tree.path) };
  const answer = await readTree(deps, upstream, tree, part);
  if (answer.status === 'unchanged') {
    await commit(context, (trx) => touchPart(trx, part, deps.now()));
  }
  if (answer.status === 'read') {
    await admitRTree(deps, { part, ...answer.listed, origin: answer.origin, guard: lease.guard });
  }
}

async function refuseEmpty({ deps, mirror }: RunContext, trees: readonly CranTree[]): Promise<void> {
  for (const tree of trees) {
    if (await findPart(deps.db, { source_id: mirror.source_id, subdir: cranPart(tree.path) })) return;
  }
  throw new MirrorError(
    'upstream_missing',
    `There is no repository of R packages at ${mirror.source_url}: no index was found for ${trees.map(({ path }) => path).join(', ')}.`,
    { wanted: 'PACKAGES.gz, PACKAGES or packages in at least one tree', found: 'none' },
  );
}
