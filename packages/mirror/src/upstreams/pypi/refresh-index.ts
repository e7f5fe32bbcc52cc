import { countKnownNames, findSourceName, knownNames, type Part, sourceRevision, stepsOf } from '@sluice/catalog';
import { pythonPart } from '@sluice/formats/package';
import { dependencyEnvironments } from '@sluice/policy';
import { readNameList } from '@sluice/registry';
import { needsMetadata } from '../../ask-name/needs-metadata.ts';
import { MirrorError } from '../../errors.ts';
import { layerDefinition } from '../../run/layer-definition.ts';
import { commit, type RunContext, reporter, type StageEnd, save } from '../../run/run-context.ts';
import { absentProjects, refuseLarge } from './index-errors.ts';
import { refreshClosure } from './refresh-closure.ts';
import { refreshList } from './refresh-list.ts';
import { refreshName } from './refresh-name.ts';

/** Pages asked for at once. */
const workers = 16;
/** So many unavailable pages in a row mean that the upstream is down. */
const downAfter = 8;

/** Which projects a run brings up to date, and what their failing means. */
interface Names {
  total: number;
  /** In byte order, behind the given one. */
  after(last: string): AsyncIterable<string>;
  /** Whether each must be there: it was named. */
  isNamed: boolean;
}

/**
 * First stage of a run of a Python index. A mirror of some projects asks for the pages of these; one of a whole index for the
 * list of projects and for the pages that somebody asked for before, of which most are unchanged; an active one of a whole index
 * for all pages, if the index is small. `last_key` is the project up to which all are done, so a later slice goes on behind it.
 *
 * @throws {MirrorError} `upstream_missing` when a project that was named is not there; `index_too_large`; what asking throws.
 */
export async function refreshIndex(context: RunContext): Promise<StageEnd> {
  const { mirror, run } = context;
  const part: Part = { source_id: mirror.source_id, subdir: pythonPart };
  const steps = stepsOf(mirror.mode, 1);
  if (run.last_key === null) {
    await save(context, { steps, step: 1, step_text: 'Reading the list of projects', step_done: 0, step_total: 0 });
    await listStage(context, part);
  }
  if (dependencyEnvironments(mirror.filters).length > 0) return refreshClosure(context, part);
  const names = await namesOf(context, part);
  await save(context, { steps, step: 1, step_text: 'Reading the pages of projects', step_total: names.total });
  if (!(await refreshNames(context, part, names))) return 'yield';
  await commit(context, async (trx) => {
    const revision = await sourceRevision(trx, mirror.source_id);
    await save(context, { stage: 'plan', revision, last_key: null }, trx);
  });
  return 'next';
}

async function listStage(context: RunContext, part: Part): Promise<void> {
  const { deps, mirror, upstream, lease } = context;
  if (mirror.filters.projects?.length) return;
  const projects = await refreshList(deps, upstream, part, lease.guard);
  if (mirror.mode === 'active') refuseLarge(projects);
}

async function namesOf({ deps, mirror }: RunContext, part: Part): Promise<Names> {
  const { projects = [] } = mirror.filters;
  const listed =
    projects.length > 0 ? projects.toSorted() : mirror.mode === 'active' ? await readNameList(deps, part) : undefined;
  if (listed) {
    return {
      total: listed.length,
      isNamed: projects.length > 0,
      async *after(last) {
        yield* listed.filter((name) => name > last);
      },
    };
  }
  return {
    total: await countKnownNames(deps.db, part),
    isNamed: false,
    async *after(last) {
      for (;;) {
        const page = await knownNames(deps.db, part, last, 500);
        if (page.length === 0) return;
        for (const { name } of page) yield name;
        last = page.at(-1)!.name;
      }
    },
  };
}

/** @returns whether all are done. */
async function refreshNames(context: RunContext, part: Part, names: Names): Promise<boolean> {
  const { deps, mirror, lease, upstream, run } = context;
  const withMetadata = needsMetadata(await layerDefinition(deps, mirror));
  const report = reporter(context);
  let done = run.step_done;
  let failed = 0;
  let batch: string[] = [];

  async function one(name: string): Promise<void> {
    try {
      const known = await findSourceName(deps.db, { ...part, name });
      await refreshName(deps, upstream, { part, name, known, withMetadata, guard: lease.guard });
      failed = 0;
    } catch (error) {
      lease.signal.throwIfAborted();
      // One page that cannot be had holds nothing up, as long as nobody named it: what it said before goes on to hold.
      if (!(error instanceof MirrorError) || error.code === 'fenced_out' || names.isNamed) throw error;
      failed = error.code === 'upstream_unavailable' ? failed + 1 : 0;
      if (failed >= downAfter) throw error;
    }
    done++;
    report({ step_done: done, step_total: names.total });
  }

  async function flush(): Promise<void> {
    const some = batch;
    batch = [];
    await Promise.all(some.map(one));
    if (some.length > 0) await save(context, { last_key: some.at(-1)!, step_done: done });
  }

  for await (const name of names.after(run.last_key ?? '')) {
    batch.push(name);
    if (batch.length < workers) continue;
    await flush();
    lease.signal.throwIfAborted();
    if (!context.hasTime()) return false;
  }
  await flush();
  if (names.isNamed) await refuseAbsent(context, part);
  return true;
}

/** Projects that were named must be there. Looked at when all are done, whichever slice asked for them. */
async function refuseAbsent({ deps, mirror }: RunContext, part: Part): Promise<void> {
  const missing: string[] = [];
  for (const name of mirror.filters.projects ?? []) {
    if ((await findSourceName(deps.db, { ...part, name }))?.absent) missing.push(name);
  }
  if (missing.length > 0) throw absentProjects(mirror.source_url, missing);
}
