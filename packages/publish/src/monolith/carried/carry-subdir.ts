import { type BlobRow, type Db, documentsBefore, findPublicationSource, type PublicationSource } from '@sluice/catalog';
import {
  createRepodataWriter,
  createRunExportsWriter,
  type RepodataBucket,
  repodataBuckets,
  runExportsOfEntry,
} from '@sluice/formats/conda';
import { FormatError } from '@sluice/formats/errors';
import { packageNameOf, packageTypeOf } from '@sluice/formats/package';
import { blobRef, putCompressed, readCompressedPieces, StorageError } from '@sluice/storage';
import { PublishError } from '../../errors.ts';
import { documentLevel } from '../document-level.ts';
import { type DocumentRun, memberBytes, type RunList, readRuns, runList } from '../document-runs.ts';
import { gathered } from '../gathered.ts';
import { isLarge } from '../large.ts';
import type { MonolithDeps } from '../monolith-deps.ts';
import { newestFiles } from '../newest-files.ts';
import { renewedList } from '../newest-list.ts';
import { repodataFrame, repodataSize, v3Count } from '../repodata.ts';
import { isSigned } from '../signatures.ts';
import type { SubdirContent } from '../subdir-content.ts';
import type { WrittenPart } from '../write-part.ts';
import { drift, newestKey, runsKey } from '../write-subdir.ts';
import { mergeRecords } from './merge-records.ts';
import { mergeRuns } from './merge-runs.ts';
import { type MovedRecords, movedRecords } from './moved-records.ts';
import { movedWords } from './moved-words.ts';

/** Above so many words the records of the difference take too much memory, and reading all anew is not much slower. */
const mostMoved = 50_000;

/**
 * Write the documents of a large conda subdir out of those of an earlier publication: what both list is copied from there, and
 * only the difference is read from the catalog. The bytes are those that reading everything would give.
 *
 * @param source the publication whose documents are wanted.
 * @param no the publication that last changed this subdir.
 * @returns undefined where that cannot be done, or comes out otherwise than the publication says: read everything.
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
  const document = (name: string) => earlier.rows.find(({ key }) => key === `${subdir}/${name}`);
  const [repodata, runExports] = [document('repodata.json.zst'), document('run_exports.json.zst')];
  const [newest, runs] = [document(newestKey), document(runsKey)];
  if (!repodata || !runExports || !newest || !runs) return undefined;
  const words = await movedWords(db, channelId, { subdir, from: base.no, to: source.no, most: mostMoved });
  const moved = words && (await movedRecords(deps, subdir, { before: base.inputs, after: source.inputs }, words));
  if (!moved) return undefined;
  try {
    return await merged(deps, content, { repodata, runExports, newest, runs }, moved);
  } catch (error) {
    // The earlier documents are not what they should be, or not there: they are not needed.
    const isTheirs = error instanceof PublishError || error instanceof FormatError || error instanceof StorageError;
    if (isTheirs) return undefined;
    throw error;
  }
}

function isPatched({ patch_rev, inputs }: PublicationSource): boolean {
  return patch_rev > 0 || inputs.some(({ patches = [] }) => patches.some((patch) => patch.patch_rev > 0));
}

type Earlier = Record<'repodata' | 'runExports' | 'newest' | 'runs', BlobRow>;

async function merged(
  deps: MonolithDeps,
  content: SubdirContent,
  earlier: Earlier,
  moved: MovedRecords,
): Promise<WrittenPart> {
  const { subdir } = content;
  const names = new Set([...moved.dropped, ...moved.fresh.map(({ fn }) => fn)].map(nameOf));
  const newest = newestFiles(subdir);
  const runs = runList();
  const see = (fn: string, text: Uint8Array) => {
    if (names.has(nameOf(fn))) newest.add(fn, Uint8Array.from(text), 0, text.byteLength);
  };
  const documents = [
    {
      key: 'repodata.json.zst',
      blob: await mergedRepodata(deps, content, earlier, { moved, names }, { runs, see }),
    },
    { key: 'run_exports.json.zst', blob: await mergedRunExports(deps, subdir, earlier.runExports, moved) },
  ];
  const put = async (key: string, text: Buffer) => {
    const unpacked = { chunks: [text], bytes: text.byteLength };
    documents.push({ key, blob: await putCompressed(deps.storage, unpacked, documentLevel(text.byteLength)) });
  };
  const list = renewedList(await wholeText(deps, earlier.newest), names, newest.list());
  await put(newestKey, list);
  await put(runsKey, runs.text());
  return { documents: documents.map(({ key, blob }) => ({ key: `${subdir}/${key}`, blob })), newest: list };
}

const nameOf = (fn: string) => packageNameOf('conda', fn);

function unpacked({ storage }: MonolithDeps, row: BlobRow): AsyncIterable<Uint8Array> {
  return readCompressedPieces(storage, blobRef(row));
}

async function wholeText(deps: MonolithDeps, row: BlobRow): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of unpacked(deps, row)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** What is noted beside repodata.json while that is made. */
interface Noted {
  runs: RunList;
  /** Shown the records of all names of which any moved. */
  see: (fn: string, text: Uint8Array) => void;
}

async function mergedRepodata(
  deps: MonolithDeps,
  content: SubdirContent,
  earlier: Earlier,
  difference: { moved: MovedRecords; names: ReadonlySet<string> },
  { runs, see }: Noted,
): Promise<BlobRow> {
  const frame = repodataFrame(content, { oldest: undefined, newest: undefined });
  const size = repodataSize(content, frame);
  const left = [...content.counts];
  const known = readRuns(await wholeText(deps, earlier.runs));
  async function* chunks(): AsyncGenerator<Uint8Array> {
    const ready: Uint8Array[] = [];
    const writer = createRepodataWriter(frame, (chunk) => ready.push(chunk));
    const note = (run: Omit<DocumentRun, 'name'>) => {
      left[repodataBuckets.indexOf(run.bucket)]! -= run.records;
      runs.add(run);
    };
    const pass = mergeRuns(unpacked(deps, earlier.repodata), known, difference, {
      run(run) {
        writer.entries(run.bucket, run.first);
        note({ ...run, at: writer.size() });
      },
      copy: writer.copy,
      take({ bucket, fn, text, fresh }) {
        const body = text ?? fresh.body;
        writer.entry(bucket, fn, body);
        const bytes = memberBytes(fn.length, body.byteLength);
        note({ bucket, first: fn, at: writer.size() - bytes, bytes, records: 1 });
        see(fn, body);
      },
    });
    for await (const _ of pass) yield* ready.splice(0);
    const wrong = left.findIndex((count) => count !== 0);
    if (wrong >= 0) throw drift(content, repodataBuckets[wrong]!, left[wrong]!);
    writer.end();
    yield* ready;
  }
  return putCompressed(deps.storage, { chunks: chunks(), bytes: size }, documentLevel(size));
}

async function mergedRunExports(
  deps: MonolithDeps,
  subdir: string,
  earlier: BlobRow,
  moved: MovedRecords,
): Promise<BlobRow> {
  const document = gathered();
  const writer = createRunExportsWriter(subdir, document.add);
  const known = { dropped: moved.dropped, fresh: moved.fresh.filter(({ extra }) => extra !== null) };
  const pass = mergeRecords(unpacked(deps, earlier), known, ({ bucket, fn, text, fresh }) => {
    writer.entry(bucket as Classic, fn, text ? runExportsOfEntry(text) : fresh.extra!);
  });
  for await (const _ of pass) await document.settle();
  writer.end();
  const unpackedDocument = await document.end();
  return putCompressed(deps.storage, unpackedDocument, documentLevel(unpackedDocument.bytes));
}

type Classic = Exclude<RepodataBucket, 'v3.conda' | 'v3.tar.bz2'>;
