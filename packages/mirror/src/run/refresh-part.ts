import {
  findPart,
  findRecords,
  folderFiles,
  forgetFolderFiles,
  noteZstAbsent,
  type Part,
  saveFolderFiles,
  sourceRevision,
  touchPart,
} from '@sluice/catalog';
import { admitFolderRecords, admitIndexDocument } from '@sluice/registry';
import { MirrorError } from '../errors.ts';
import { type DocumentAnswer, findDocument } from '../upstreams/conda/find-document.ts';
import { folderPackages } from '../upstreams/conda/folder-packages.ts';
import { commit, type RunContext, reporter } from './run-context.ts';

/**
 * Bring one subdir of the run's source up to what the upstream has now.
 *
 * @returns whether the upstream has this subdir at all.
 * @throws {MirrorError} `upstream_missing` when a subdir that had files is gone: an upstream that loses one is more likely
 *   broken than empty, so what is known stays. What asking and admitting throw.
 */
export async function refreshPart(context: RunContext, subdir: string): Promise<boolean> {
  const { deps, mirror, upstream } = context;
  const part: Part = { source_id: mirror.source_id, subdir };
  const known = await findPart(deps.db, part);
  const now = deps.now();
  const answer = await findDocument(upstream, subdir, known, now);
  if (answer.status === 'absent') {
    if (known && known.records > 0) throw vanished(subdir, known.records);
    return false;
  }
  if (answer.status === 'unchanged') await commit(context, (trx) => touchPart(trx, part, now));
  else if (answer.status === 'folder') await admitFolder(context, part, answer.path);
  else await admitDocument(context, part, answer, answer.zstAbsent ? (known?.zst_absent_at ?? now) : null);
  return true;
}

async function admitDocument(
  context: RunContext,
  part: Part,
  { document }: Extract<DocumentAnswer, { status: 'document' }>,
  zstAbsentSince: Date | null,
): Promise<void> {
  const report = reporter(context);
  await admitIndexDocument(context.deps, {
    sourceId: part.source_id,
    subdir: part.subdir,
    document: stoppable(document.json, context.lease.signal),
    finish: document.finish,
    guard: async (trx) => {
      await noteZstAbsent(trx, part, zstAbsentSince);
      await forgetFolderFiles(trx, part);
      await context.lease.guard(trx);
    },
    onProgress: () => {
      const { done, total } = document.progress();
      report({ step_done: done, step_total: total ?? 0 });
    },
  });
}

async function admitFolder(context: RunContext, part: Part, path: string): Promise<void> {
  const { deps, lease, upstream } = context;
  const report = reporter(context);
  const revision = await sourceRevision(deps.db, part.source_id);
  const packages = await folderPackages(
    {
      guard: upstream.guard,
      inspect: deps.inspect,
      recordsOf: async (files) => {
        const records = await findRecords(deps.db, part, files, revision);
        return new Map(records.map((record) => [record.file, record.body]));
      },
      signal: lease.signal,
      onProgress: (done, total) => report({ step_done: done, step_total: total }),
    },
    { path, subdir: part.subdir, known: await folderFiles(deps.db, part) },
  );
  await admitFolderRecords(deps, {
    sourceId: part.source_id,
    subdir: part.subdir,
    records: packages.records,
    finish: () => ({ document_url: null, document_sha256: null, etag: null, last_modified: null, base_url: null }),
    guard: async (trx) => {
      const { read, gone } = packages.changes();
      await saveFolderFiles(trx, part, read, gone);
      await lease.guard(trx);
    },
  });
}

/** A document whose reading ends at once, with the signal's reason, when the run must end. */
async function* stoppable(json: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for await (const chunk of json) {
    signal.throwIfAborted();
    yield chunk;
  }
  signal.throwIfAborted();
}

function vanished(subdir: string, records: number): MirrorError {
  return new MirrorError(
    'upstream_missing',
    `The upstream has no index for ${subdir} any more, which had ${records} files. Nothing was removed; check the source, or leave the subdir out.`,
    { wanted: `${subdir}/repodata.json`, found: 'nothing' },
  );
}
