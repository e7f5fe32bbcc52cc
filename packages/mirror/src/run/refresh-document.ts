import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type Db,
  forgetFolderFiles,
  type Part,
  type PartAbsences,
  type PartOrigin,
  type SourcePartRow,
  touchPart,
} from '@sluice/catalog';
import { admitIndexDocument } from '@sluice/registry';
import { absenceMs, stillSince } from '../upstreams/conda/absence.ts';
import type { OpenDocument } from '../upstreams/conda/document.ts';
import { findDocument } from '../upstreams/conda/find-document.ts';
import { type RunExportsAnswer, type RunExportsOrigin, readRunExports } from '../upstreams/conda/run-exports.ts';
import { isSigned, readSignatures } from '../upstreams/conda/signatures.ts';
import { refreshFolder } from './refresh-folder.ts';
import { commit, type RunContext, reporter } from './run-context.ts';
import { prepareForIndex } from './shown-before.ts';
import { type SpooledDocument, spoolDocument } from './spool-document.ts';

/**
 * Bring one subdir up to an upstream's repodata.json and the run_exports.json beside it. Both are asked for with their
 * validators; when one has changed, both are read. A document whose bytes are those of last time is not read.
 *
 * @param shardsAbsentAt since when the upstream is known to have no shards; null for a folder.
 */
export async function refreshDocument(
  context: RunContext,
  part: Part,
  known: SourcePartRow | undefined,
  shardsAbsentAt: Date | null,
): Promise<'done' | 'absent'> {
  const { deps, upstream } = context;
  const { subdir } = part;
  const now = deps.now();
  // A subdir that may not be there is asked for its document first: for most, that is the only question.
  let runExports: RunExportsAnswer = known
    ? await readRunExports(upstream, subdir, known, now)
    : { status: 'unchanged' };
  const isSameExports = known !== undefined && isSame(runExports, known);
  const answer = await findDocument(upstream, subdir, isSameExports ? known : forgotten(known), now);
  if (answer.status === 'absent') return 'absent';
  if (answer.status === 'folder') {
    await refreshFolder(context, part, answer.files, known);
    return 'done';
  }
  if (answer.status === 'unchanged') {
    const noted = { shards_absent_at: shardsAbsentAt, ...absenceOf(runExports), ...originOf(runExports) };
    await commit(context, (trx) => touchPart(trx, part, now, noted));
    return 'done';
  }
  const absences: PartAbsences = {
    shards_absent_at: shardsAbsentAt,
    zst_absent_at: answer.zstAbsent ? stillSince(known?.zst_absent_at, now, absenceMs.zst) : null,
    ...absenceOf(runExports),
  };
  // Who was asked with validators, and answers all the same, has something new.
  const isAhead = Boolean(known?.etag || known?.last_modified);
  if (isAhead) prepareForIndex(context, subdir);
  const document = await spooled(context, answer.document);
  try {
    if (isSameExports && document.isSameAs(known.document_sha256)) {
      const { document_url, etag, last_modified } = document.finish();
      const noted = { ...absences, ...originOf(runExports), document_url, etag, last_modified };
      await commit(context, (trx) => touchPart(trx, part, now, noted));
      return 'done';
    }
    // Now it is sure of everybody.
    if (known && !isAhead) prepareForIndex(context, subdir);
    if (runExports.status === 'unchanged') runExports = await readRunExports(upstream, subdir, undefined, now);
    await admit(context, part, document, runExports, { ...absences, ...absenceOf(runExports) });
    return 'done';
  } finally {
    await document.discard();
  }
}

/** Fetch the document as a whole, before a transaction waits for it. */
function spooled(context: RunContext, document: OpenDocument): Promise<SpooledDocument> {
  const report = reporter(context);
  return spoolDocument(context.deps.storage, document, context.lease.signal, () => {
    const { done, total } = document.progress();
    report({ step_done: done, step_total: total ?? 0 });
  });
}

async function admit(
  context: RunContext,
  part: Part,
  document: SpooledDocument,
  runExports: RunExportsAnswer,
  absences: PartAbsences,
): Promise<void> {
  const { deps, lease } = context;
  const report = reporter(context);
  const finish = (): PartOrigin => ({ ...document.finish(), ...originOf(runExports) });
  const { changed } = await admitIndexDocument(deps, {
    sourceId: part.source_id,
    subdir: part.subdir,
    document: document.json,
    runExportsOf: runExports.status === 'read' ? runExports.table.of : undefined,
    signatures: { isSigned, read: () => readSignatures(document.json) },
    expected: document.expected,
    finish,
    guard: async (trx: Db) => {
      await touchPart(trx, part, deps.now(), absences);
      await forgetFolderFiles(trx, part);
      await lease.guard(trx);
    },
    onProgress: (records) => report({ step_done: records, step_total: 0 }),
  });
  if (!changed) return;
  // Until then the engine holds what was shared with us.
  await nextTurn();
  deps.onRefreshed?.();
}

function absenceOf(answer: RunExportsAnswer): Pick<PartAbsences, 'run_exports_absent_at'> {
  return { run_exports_absent_at: answer.status === 'absent' ? answer.since : null };
}

const noRunExports: RunExportsOrigin = {
  run_exports_url: null,
  run_exports_sha256: null,
  run_exports_etag: null,
  run_exports_last_modified: null,
};

/** The columns to write; none when the validators held. */
function originOf(answer: RunExportsAnswer): Partial<RunExportsOrigin> {
  if (answer.status === 'unchanged') return {};
  return answer.status === 'read' ? answer.origin : noRunExports;
}

function isSame(answer: RunExportsAnswer, known: SourcePartRow): boolean {
  if (answer.status === 'unchanged') return true;
  const before = known.run_exports_sha256;
  if (answer.status === 'absent') return before === null;
  return before !== null && Buffer.compare(before, answer.origin.run_exports_sha256 ?? new Uint8Array()) === 0;
}

/** A part whose document must be read whatever its validators say; what it has been found to lack still holds. */
function forgotten(known: SourcePartRow | undefined): SourcePartRow | undefined {
  return known && { ...known, document_url: null, etag: null, last_modified: null };
}
