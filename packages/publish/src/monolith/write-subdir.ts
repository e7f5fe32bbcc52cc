import type { BlobRow } from '@sluice/catalog';
import { createRepodataWriter, createRunExportsWriter, readRecord } from '@sluice/formats/conda';
import type { RecordPlace } from '@sluice/policy';
import { putCompressed, type Unpacked } from '@sluice/storage';
import { allEnded } from '../all-ended.ts';
import { PublishError } from '../errors.ts';
import { currentCandidates } from './current-candidates.ts';
import { documentLevel } from './document-level.ts';
import { memberBytes, memberRun, runExportsBytes, runList } from './document-runs.ts';
import { gathered } from './gathered.ts';
import { isLarge } from './large.ts';
import { listedRecords } from './listed-records.ts';
import type { MonolithDeps } from './monolith-deps.ts';
import { newestFiles } from './newest-files.ts';
import { newestList } from './newest-list.ts';
import { type Revision, repodataFrame, repodataSize, v3Count } from './repodata.ts';
import { signaturesMember, withMember } from './signatures.ts';
import { maps, type SubdirContent, type WordedContent, withWords } from './subdir-content.ts';
import type { WrittenPart } from './write-part.ts';

/** What channeldata.json needs of a subdir, kept for when that is written again and the subdir is not. Nobody is served it. */
export const newestKey = 'newest.jsonl.zst';

/**
 * Where in a large repodata.json the runs of package names stand, kept for when little of it changes: the rest is carried over
 * without being read. Nobody is served it.
 */
export const runsKey = 'runs.jsonl.zst';

/** The same of a large run_exports.json. */
export const runExportsRunsKey = 'run_exports_runs.jsonl.zst';

/** Where the records of one pass go besides repodata.json. */
interface Sinks {
  /** @param end where the record ends in repodata.json. */
  add(bucket: (typeof maps)[number]['bucket'], record: RecordPlace, end: number): void;
  settle(): Promise<void>;
}

/**
 * Write the documents of one subdir of one publication, in one pass over the records its layers had: repodata.json as
 * it streams, the others gathered beside it. Memory holds a few chunks, and what is gathered compressed.
 *
 * @throws {PublishError} `monolith_drift` when the records are not those that the publication lists: better no document than
 *   a short one.
 */
export async function writeSubdir(deps: MonolithDeps, content: SubdirContent): Promise<WrittenPart> {
  const { subdir } = content;
  const runExports = gathered();
  const runExportsWriter = createRunExportsWriter(subdir, runExports.add);
  const current = isLarge(deps, content) ? undefined : currentCandidates(subdir);
  const newest = newestFiles(subdir);
  const isCarried = isLarge(deps, content) && v3Count(content.counts) === 0;
  const [runs, runExportsRuns] = isCarried ? [runList(), runList()] : [];
  const sinks: Sinks = {
    add(bucket, { bytes, fileAt, fileEnd, bodyAt, bodyEnd, extraAt, extraEnd }, end) {
      const fn = latin1(bytes, fileAt, fileEnd);
      runs?.add(memberRun(bucket, fn, end, memberBytes(fn.length, bodyEnd - bodyAt)));
      newest.add(fn, bytes, bodyAt, bodyEnd);
      // What only newer clients may see is in repodata.json alone.
      if (bucket === 'v3.conda' || bucket === 'v3.tar.bz2') return;
      if (extraAt >= 0) {
        runExportsWriter.entry(bucket, fn, bytes.subarray(extraAt, extraEnd));
        runExportsRuns?.add(memberRun(bucket, fn, runExportsWriter.size(), runExportsBytes(fn, extraEnd - extraAt)));
      }
      current?.add(fn, bytes.subarray(bodyAt, bodyEnd));
    },
    settle: runExports.settle,
  };
  const repodata = { key: 'repodata.json.zst', blob: await writeRepodata(deps, await withWords(deps, content), sinks) };
  runExportsWriter.end();
  const list = newestList(newest.list());
  const others: [key: string, document: Unpacked][] = [[newestKey, sized([list])]];
  if (current) others.push(['current_repodata.json.zst', sized(current.write())]);
  if (runs) others.push([runsKey, sized([runs.text()])]);
  if (runExportsRuns) others.push([runExportsRunsKey, sized([runExportsRuns.text()])]);
  others.push(['run_exports.json.zst', await runExports.end()]);
  const put = async ([key, document]: (typeof others)[number]) => {
    return { key, blob: await putCompressed(deps.storage, document, documentLevel(document.bytes)) };
  };
  const documents = [repodata, ...(await allEnded(others.map(put)))];
  return { documents: documents.map(({ key, blob }) => ({ key: `${subdir}/${key}`, blob })), newest: list };
}

function sized(chunks: Uint8Array[]): Unpacked {
  return { chunks, bytes: chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0) };
}

async function writeRepodata(deps: MonolithDeps, content: WordedContent, sinks: Sinks): Promise<BlobRow> {
  const frame = repodataFrame(content, await revisionOf(deps, content));
  const signatures = await signaturesMember(deps, content);
  const size = repodataSize(content, frame) + (signatures?.bytes ?? 0);
  const chunks = repodataChunks(deps, content, { frame, signatures }, sinks);
  return putCompressed(deps.storage, { chunks, bytes: size }, documentLevel(size));
}

async function* repodataChunks(
  deps: MonolithDeps,
  content: WordedContent,
  { frame, signatures }: { frame: ReturnType<typeof repodataFrame>; signatures: Unpacked | undefined },
  sinks: Sinks,
): AsyncGenerator<Uint8Array> {
  const ready: Uint8Array[] = [];
  const writer = createRepodataWriter(frame, (chunk) => ready.push(chunk));
  for (const [index, map] of maps.entries()) {
    let left = content.counts[index]!;
    if (left === 0) continue;
    const take = (record: RecordPlace) => {
      const { bytes, fileAt, fileEnd, bodyAt, bodyEnd } = record;
      writer.entryFrom(map.bucket, bytes, { at: fileAt, end: fileEnd }, { at: bodyAt, end: bodyEnd });
      sinks.add(map.bucket, record, writer.size());
    };
    for await (const taken of listedRecords(deps.pool, content, map, content.words.take, take)) {
      left -= taken;
      if (left < 0) break;
      await sinks.settle();
      yield* ready.splice(0);
    }
    if (left !== 0) throw drift(content, map.bucket, left);
  }
  writer.end();
  yield* signatures ? withMember(ready, signatures) : ready;
}

export function drift(
  { subdir, counts }: Pick<SubdirContent, 'subdir' | 'counts'>,
  bucket: string,
  left: number,
): PublishError {
  const count = counts[maps.findIndex((map) => map.bucket === bucket)]!;
  return new PublishError(
    'monolith_drift',
    `The records of ${subdir} are not those that the publication lists: have the channel made anew (sluice channel reindex).`,
    { wanted: `${count} records in ${bucket}`, found: left < 0 ? `more than ${count}` : `${count - left}` },
  );
}

/** Gone through beforehand, since it stands at the document's beginning. There are few of them. */
async function revisionOf(deps: MonolithDeps, content: WordedContent): Promise<Revision> {
  const revision: Revision = { oldest: undefined, newest: undefined };
  if (v3Count(content.counts) === 0) return revision;
  for (const map of maps.filter(({ v3 }) => v3)) {
    const take = ({ bytes, bodyAt, bodyEnd }: RecordPlace) => {
      const { indexed_timestamp: listed } = readRecord(bytes.subarray(bodyAt, bodyEnd));
      if (listed === undefined) return;
      revision.oldest = Math.min(revision.oldest ?? listed, listed);
      revision.newest = Math.max(revision.newest ?? listed, listed);
    };
    for await (const _ of listedRecords(deps.pool, content, map, content.words.has, take));
  }
  return revision;
}

function latin1(bytes: Uint8Array, at: number, end: number): string {
  return (bytes as Buffer).toString('latin1', at, end);
}
