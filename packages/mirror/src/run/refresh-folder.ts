import { folderFiles, type Part, type SourcePartRow, saveFolderFiles, touchPart } from '@sluice/catalog';
import { evaluateAll, type Facts, layerRules } from '@sluice/policy';
import { admitFolderPackages } from '@sluice/registry';
import type { SourceFolder } from '../fetch/source-folder.ts';
import { folderPackages } from '../upstreams/conda/folder-packages.ts';
import { layerDefinition } from './layer-definition.ts';
import { commit, type RunContext, reporter } from './run-context.ts';

/** Bring one subdir up to the packages that lie in a folder without an index. */
export async function refreshFolder(
  context: RunContext,
  part: Part,
  files: SourceFolder,
  known: SourcePartRow | undefined,
): Promise<void> {
  const { deps, lease, mirror } = context;
  const report = reporter(context);
  // Until now it may have had an index: then nothing of what it held is known.
  const isWhole = known === undefined || known.document_url !== null;
  const wants = mirror.mode === 'active' ? await wanted(context) : undefined;
  const packages = await folderPackages(
    {
      inspect: deps.inspect,
      openInspectors: deps.openInspectors,
      signal: lease.signal,
      onProgress: (done, total) => report({ step_done: done, step_total: total }),
    },
    { files, subdir: part.subdir, known: isWhole ? [] : await folderFiles(deps.db, part) },
  );
  if (packages.isUnchanged && !isWhole) {
    await commit(context, (trx) => touchPart(trx, part, deps.now()));
    return;
  }
  await admitFolderPackages(deps, {
    sourceId: part.source_id,
    subdir: part.subdir,
    isWhole,
    wants,
    packages: packages.records,
    gone: () => packages.changes().notListed,
    guard: async (trx) => {
      const { read, gone } = packages.changes();
      await saveFolderFiles(trx, part, read, gone);
      await lease.guard(trx);
    },
  });
}

/** Which files an active mirror keeps for sure, as far as one file alone can tell: their bytes come in at once. */
async function wanted({ deps, mirror }: RunContext): Promise<'all' | ((facts: Facts) => boolean)> {
  const definition = await layerDefinition(deps, mirror);
  const rules = layerRules(definition);
  const isOpen = rules.every(({ code }) => code === 'type' || code === 'duplicated_legacy_conda');
  if (isOpen && definition.types.includes('conda')) return 'all';
  return (facts) => evaluateAll(rules, facts)[0] === 0;
}
