import { isConnectionLoss, lastCompletedRun } from '@sluice/catalog';
import type { LayerDefinition } from '@sluice/policy';
import { planLayer, readAhead } from '@sluice/registry';
import { addNames, type FileSet, fileSet } from './file-set.ts';
import type { RunContext } from './run-context.ts';

/**
 * The files that the run before showed; undefined when there was none, or its rules cannot be read any more. Worked out once a
 * slice.
 */
export function shownBefore(context: RunContext): Promise<FileSet | undefined> {
  context.before ??= filesOfLastRun(context);
  return context.before;
}

/**
 * Make use of the time in which a part's new index is on its way or being read: read what it is compared with, and judge what the run
 * before showed, so that both need the columns at the same time. What goes wrong here goes wrong again for
 * who asks for it, or was the connection's.
 */
export function prepareForIndex(context: RunContext, subdir: string): void {
  const part = { source_id: context.mirror.source_id, subdir };
  context.facts = readAhead(context.deps, part).catch(() => undefined);
  shownBefore(context).catch(() => {
    context.before = undefined;
  });
}

async function filesOfLastRun({ deps, mirror }: RunContext): Promise<FileSet | undefined> {
  const previous = await lastCompletedRun(deps.db, mirror.id);
  if (!previous || previous.revision === null || previous.plan_key === null) return undefined;
  const set = fileSet();
  try {
    const definition = JSON.parse(previous.plan_key) as LayerDefinition;
    const layer = { sourceId: mirror.source_id, revision: previous.revision, definition };
    for await (const part of planLayer(deps, layer)) addNames(set, part);
  } catch (error) {
    if (isConnectionLoss(error)) throw error;
    return undefined;
  }
  return set;
}
