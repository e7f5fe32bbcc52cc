import { type BlobRow, type Db, documentsBefore, findPublicationSource, type PublicationSource } from '@sluice/catalog';
import { FormatError } from '@sluice/formats/errors';
import { packageTypeOf } from '@sluice/formats/package';
import { blobRef, putCompressed, readCompressedPieces, StorageError } from '@sluice/storage';
import { allEnded } from '../../all-ended.ts';
import { PublishError } from '../../errors.ts';
import { documentLevel } from '../document-level.ts';
import { isLarge } from '../large.ts';
import type { MonolithDeps } from '../monolith-deps.ts';
import type { NewestList } from '../newest-list.ts';
import { v3Count } from '../repodata.ts';
import { isSigned } from '../signatures.ts';
import type { SubdirContent } from '../subdir-content.ts';
import type { PartDocument, WrittenPart } from '../write-part.ts';
import { newestKey, runExportsRunsKey, runsKey, writeSubdir } from '../write-subdir.ts';
import type { DocumentWithRuns } from './merged-document.ts';
import { mergedRepodata } from './merged-repodata.ts';
import { mergedRunExports } from './merged-run-exports.ts';
import { type MovedRecords, movedRecords } from './moved-records.ts';
import { movedWords } from './moved-words.ts';
import { newestAfter } from './newest-after.ts';

/** Above so many words the records of the difference take too much memory, and reading all anew is not much slower. */
const mostMoved = 50_000;

/**
 * Write the documents of a large conda subdir out of those of an earlier publication: what both list is copied from there, and
 * only the difference is read from the catalog. The bytes are those that reading everything would give.
 *
 * @param source the publication whose documents are wanted.
 * @param no the publication that last changed this subdir.
 * @returns undefined where that cannot be done: read everything. Documents that come out otherwise than the publication says are
 *   written so at once.
 */
export async function carrySubdir(
  deps: MonolithDeps,
  db: Db,
  content: SubdirContent,
  source: PublicationSource,
  no: number,
): Promise<WrittenPart | undefined> {
  const { channelId, subdir } = content;
  if (packageTypeOf(subdir) !== 'conda' || !isLarge(deps, content) || v3Count(content.counts) > 0) return undefined;
  if (await isSigned(deps, content)) return undefined;
  const earlier = await documentsBefore(db, channelId, subdir, no);
  const base = earlier && (await findPublicationSource(db, channelId, earlier.no));
  if (!base || isPatched(base) || isPatched(source)) return undefined;
  const rows = new Map(earlier.rows.map((row) => [row.key.slice(subdir.length + 1), row]));
  if (!carriedKeys.every((key) => rows.has(key))) return undefined;
  try {
    return await carried(deps, content, { base, source }, (key) => rows.get(key)!);
  } catch (error) {
    if (isOfEarlier(error)) return undefined;
    throw error;
  }
}

/** Whether the earlier documents are not what they should be, or not there: they are not needed. */
function isOfEarlier(error: unknown): boolean {
  return error instanceof PublishError || error instanceof FormatError || error instanceof StorageError;
}

function isPatched({ patch_rev, inputs }: PublicationSource): boolean {
  return patch_rev > 0 || inputs.some(({ patches = [] }) => patches.some((patch) => patch.patch_rev > 0));
}

const [repodataKey, runExportsKey] = ['repodata.json.zst', 'run_exports.json.zst'] as const;
const runsOf = { [repodataKey]: runsKey, [runExportsKey]: runExportsRunsKey } as const;
const carriedKeys = [repodataKey, runExportsKey, newestKey, runsKey, runExportsRunsKey] as const;

/** A document of the earlier publication. */
type Earlier = (key: (typeof carriedKeys)[number]) => BlobRow;

async function carried(
  deps: MonolithDeps,
  content: SubdirContent,
  { base, source }: { base: PublicationSource; source: PublicationSource },
  earlier: Earlier,
): Promise<WrittenPart | undefined> {
  const { channelId, subdir } = content;
  const between = { subdir, from: base.no, to: source.no, most: mostMoved };
  const inputs = { before: base.inputs, after: source.inputs };
  const difference = async () => {
    const words = await movedWords(deps, channelId, between);
    const moved = words && (await movedRecords(deps, subdir, inputs, words));
    return moved && { moved, listed: words.listed };
  };
  // Read while the database says what moved.
  const [known, differs] = await allEnded([readNoted(deps, earlier), difference()]);
  if (!differs) return undefined;
  const { moved, listed } = differs;
  // Begun first, since it is mostly other threads' work.
  const merging = mergedDocuments(deps, content, earlier, known, moved);
  const merged = Promise.allSettled([merging]);
  const part = { subdir, inputs: source.inputs };
  let newest: NewestList | undefined;
  try {
    newest = await newestAfter(deps, part, known.newest, moved, listed);
  } finally {
    // Nobody lets go of what is under way.
    if (!newest) await merged;
  }
  if (!newest) return undefined;
  const documents = allEnded([putText(deps, newestKey, newest), merging])
    .then(([list, all]) => [list, ...all].map(({ key, blob }) => ({ key: `${subdir}/${key}`, blob })))
    .catch(async (error: unknown) => {
      if (!isOfEarlier(error)) throw error;
      return (await writeSubdir(deps, content)).documents;
    });
  return { documents, newest };
}

/** What is noted of the earlier documents. */
interface Noted {
  newest: NewestList;
  runs: Record<keyof typeof runsOf, Buffer>;
}

async function readNoted(deps: MonolithDeps, earlier: Earlier): Promise<Noted> {
  const [newest, repodata, runExports] = await allEnded([
    wholeText(deps, earlier(newestKey)),
    wholeText(deps, earlier(runsKey)),
    wholeText(deps, earlier(runExportsRunsKey)),
  ]);
  return { newest, runs: { [repodataKey]: repodata, [runExportsKey]: runExports } };
}

/** repodata.json and run_exports.json, each with its runs. */
async function mergedDocuments(
  deps: MonolithDeps,
  content: SubdirContent,
  earlier: Earlier,
  { runs }: Pick<Noted, 'runs'>,
  moved: MovedRecords,
): Promise<PartDocument[]> {
  const known = (document: keyof typeof runsOf) => ({ blob: earlier(document), runs: runs[document] });
  const withRuns = (document: keyof typeof runsOf, made: DocumentWithRuns): PartDocument[] => [
    { key: document, blob: made.blob },
    { key: runsOf[document], blob: made.runs },
  ];
  async function repodata(): Promise<PartDocument[]> {
    return withRuns(repodataKey, await mergedRepodata(deps, content, known(repodataKey), moved));
  }
  async function runExports(): Promise<PartDocument[]> {
    const after = await mergedRunExports(deps, content.subdir, known(runExportsKey), moved);
    return withRuns(runExportsKey, after ?? (await stillThere(deps, earlier)));
  }
  return (await allEnded([repodata(), runExports()])).flat();
}

async function putText({ storage }: MonolithDeps, key: string, text: Buffer): Promise<PartDocument> {
  const bytes = text.byteLength;
  return { key, blob: await putCompressed(storage, { chunks: [text], bytes }, documentLevel(bytes)) };
}

/** run_exports.json goes on as it is. @throws {PublishError} `monolith_drift` when its bytes are lost. */
async function stillThere({ storage }: MonolithDeps, earlier: Earlier): Promise<DocumentWithRuns> {
  const [blob, runs] = [earlier(runExportsKey), earlier(runExportsRunsKey)];
  if ((await storage.stat(blobRef(blob))) && (await storage.stat(blobRef(runs)))) return { blob, runs };
  throw new PublishError('monolith_drift', 'An earlier document is lost.', { wanted: 'its bytes', found: 'none' });
}

async function wholeText({ storage }: MonolithDeps, row: BlobRow): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of readCompressedPieces(storage, blobRef(row))) pieces.push(Uint8Array.from(piece));
  return Buffer.concat(pieces);
}
