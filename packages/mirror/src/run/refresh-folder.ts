import { folderFiles, type Part, type SourcePartRow, saveFolderFiles, touchPart } from '@sluice/catalog';
import { admitFolderPackages } from '@sluice/registry';
import { folderPackages } from '../upstreams/conda/folder-packages.ts';
import { commit, type RunContext, reporter } from './run-context.ts';

/** Bring one subdir up to the packages that lie in a folder without an index. */
export async function refreshFolder(
  context: RunContext,
  part: Part,
  path: string,
  known: SourcePartRow | undefined,
): Promise<void> {
  const { deps, lease, upstream } = context;
  const report = reporter(context);
  // Until now it may have had an index: then nothing of what it held is known.
  const isWhole = known === undefined || known.document_url !== null;
  const packages = await folderPackages(
    {
      guard: upstream.guard,
      inspect: deps.inspect,
      signal: lease.signal,
      onProgress: (done, total) => report({ step_done: done, step_total: total }),
    },
    { path, subdir: part.subdir, known: isWhole ? [] : await folderFiles(deps.db, part) },
  );
  if (packages.isUnchanged && !isWhole) {
    await commit(context, (trx) => touchPart(trx, part, deps.now()));
    return;
  }
  await admitFolderPackages(deps, {
    sourceId: part.source_id,
    subdir: part.subdir,
    isWhole,
    packages: packages.records,
    gone: () => packages.changes().notListed,
    guard: async (trx) => {
      const { read, gone } = packages.changes();
      await saveFolderFiles(trx, part, read, gone);
      await lease.guard(trx);
    },
  });
}
