import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import {
  type BlobRow,
  type Db,
  documentsAt,
  findChannelById,
  findPublicationSource,
  insertBlobs,
  insertMonolith,
  lockChannel,
  type MonolithRow,
  moveMonolith,
  notifyChanged,
  type PublicationSource,
  publishedSubdirs,
  withFreeLock,
} from '@sluice/catalog';
import { putCompressed } from '@sluice/storage';
import { allEnded } from '../all-ended.ts';
import { PublishError } from '../errors.ts';
import { patchesAt } from '../patches.ts';
import { readSound } from '../unsound-blobs.ts';
import { carrySubdir } from './carried/carry-subdir.ts';
import { writeChanneldata } from './channel-document.ts';
import { documentLevel } from './document-level.ts';
import type { MonolithDeps } from './monolith-deps.ts';
import type { NewestList } from './newest-list.ts';
import { subdirContent } from './subdir-content.ts';
import { type WrittenPart, writePart } from './write-part.ts';
import { newestKey } from './write-subdir.ts';

/**
 * What came of it. `unchanged`: the documents of that publication are written. `missing`: there is no such channel or
 * publication. `busy`: documents of the channel are being written; ask again.
 */
export type MonolithOutcome =
  | { status: 'written'; no: number; documents: number }
  | { status: 'unchanged'; no: number }
  | { status: 'missing' | 'busy' };

/**
 * Bring the documents of a channel's head up to its shards (repodata.json and kin), or write those of publication `at`.
 *
 * They are made of what the publication notes, the layers' revisions and the words of the records it lists, so they come
 * out the same whenever that is done, whatever rules are in force then. Subdirs whose documents are written are not
 * read, and of large ones only what differs from the last documents. Under a lock of its own, so publications go on meanwhile; one transaction brings them all.
 *
 * @param again keys of documents that are written although they are: their bytes were lost.
 * @throws {PublishError} `monolith_drift`, `monolith_uncounted`.
 */
export async function writeMonolith(
  deps: MonolithDeps,
  channelId: number,
  at?: number,
  again: readonly string[] = [],
): Promise<MonolithOutcome> {
  // Not waiting: it takes seconds, and those that wait for it would keep all workers from other work.
  const outcome = await withFreeLock(deps.pool, 'monolith', channelId, async ({ db }): Promise<MonolithOutcome> => {
    const channel = await findChannelById(db, channelId);
    if (!channel) return { status: 'missing' };
    const no = at ?? channel.head_no;
    if (at === undefined && channel.monolith_no === no) return { status: 'unchanged', no };
    const source = await findPublicationSource(db, channelId, no);
    if (!source) return { status: 'missing' };
    const draft = await writeDocuments(deps, db, channelId, source, again).catch(async (error: unknown) => {
      // Entries and records that go meanwhile look like drift.
      if (error instanceof PublishError && !(await isThere(db, channelId, no))) return undefined;
      throw error;
    });
    if (!draft) return { status: 'missing' };
    return db.transaction().execute(async (trx) => {
      if (!(await lockChannel(trx, channelId, 'change'))) return { status: 'missing' };
      if (!(await findPublicationSource(trx, channelId, no, true))) return { status: 'missing' };
      if (draft.rows.length > 0) {
        const written = deps.now();
        await insertBlobs(trx, draft.blobs, written);
        const when = { created: source.created_at, written, again: draft.isAgain };
        await insertMonolith(trx, channelId, draft.rows, when);
      }
      if (at === undefined) await moveMonolith(trx, channelId, no);
      await notifyChanged(trx, 'head', channelId);
      deps.onRegenerated?.('document', draft.rows.length);
      return draft.rows.length > 0
        ? { status: 'written', no, documents: draft.rows.length }
        : { status: 'unchanged', no };
    });
  });
  return outcome ?? { status: 'busy' };
}

async function isThere(db: Db, channelId: number, no: number): Promise<boolean> {
  if (!(await findChannelById(db, channelId))) return false;
  return (await findPublicationSource(db, channelId, no)) !== undefined;
}

const channeldata = 'channeldata.json.zst';

const decompress = promisify(zstdDecompress);

interface Draft {
  rows: MonolithRow[];
  blobs: BlobRow[];
  /** Whether some take the place of what was written before. */
  isAgain: boolean;
}

/** Write what is missing of a publication's documents. */
async function writeDocuments(
  deps: MonolithDeps,
  db: Db,
  channelId: number,
  source: PublicationSource,
  again: readonly string[],
): Promise<Draft> {
  const { rows: known, missing: unwritten } = await documentsAt(db, channelId, source.no);
  const missing = [...unwritten, ...again];
  const draft: Draft = { rows: [], blobs: [], isAgain: again.length > 0 };
  if (missing.length === 0) return draft;
  const add = (key: string, no: number, blob: BlobRow) => {
    draft.rows.push({ key, no, blob: blob.sha256 });
    draft.blobs.push(blob);
  };
  const patches = await patchesAt(db, channelId, source.patch_rev);
  const newest = new Map<string, NewestList>();
  const note = async (documents: WrittenPart['documents'], no: number) => {
    for (const { key, blob } of await documents) add(key, no, blob);
  };
  const noteChanneldata = async () => {
    if (!missing.includes(channeldata)) return;
    const document = await writeChanneldata(deps, newest);
    add(channeldata, source.no, await putCompressed(deps.storage, document, documentLevel(document.bytes)));
  };
  let last = Promise.resolve();
  for (const { subdir, no, written } of await publishedSubdirs(db, channelId, source.no)) {
    // One subdir after the other: each holds its own pieces.
    await last;
    if (written && !again.some((key) => key.startsWith(`${subdir}/`))) {
      const noted = known.find(({ key }) => key === `${subdir}/${newestKey}`);
      const list = noted && (await readSound(deps.storage, noted));
      if (list) newest.set(subdir, await decompress(list));
      if (list || !noted) continue;
      draft.isAgain = true;
    }
    const content = await subdirContent(deps, channelId, subdir, source, await patches.of(subdir));
    // Bytes were lost, so those of earlier documents may not be right, either.
    const carried = draft.isAgain ? undefined : await carrySubdir(deps, db, content, source, no);
    const made = carried ?? (await writePart(deps, content));
    if (made.newest) newest.set(subdir, made.newest);
    last = note(made.documents, no);
  }
  // The last subdir's documents are mostly another thread's work.
  await allEnded([last, noteChanneldata()]);
  return draft;
}
