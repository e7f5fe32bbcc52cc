import {
  type Db,
  enqueuePublication,
  findMirror,
  insertRevision,
  type KeptFile,
  keepRecords,
  lockKeepingMirror,
  lockUploadsSource,
  type MirrorRow,
  noOrigin,
  notifyChanged,
  recordEvent,
  removeMirror,
  savePart,
  sourceRevision,
} from '@sluice/catalog';
import { type Actor, digestAt, digestOfAll, planLayer } from '@sluice/registry';
import type { MirrorDeps } from '../deps.ts';
import { layerDefinition } from '../run/layer-definition.ts';
import { mirrorMissing } from './edit-mirror.ts';

/**
 * What becomes of a deleted mirror's files.
 *
 *     keep    those it shows and whose bytes are here become the channel's own; the others go, their source is gone
 *     remove  all go
 */
export type FateOfFiles = 'keep' | 'remove';

/**
 * Delete a mirror. An open run of it ends: its worker finds its lease gone and writes nothing more.
 *
 * @returns how many files became the channel's own.
 * @throws {MirrorError} `mirror_missing`.
 * @see product.md MI-10
 */
export async function deleteMirror(
  deps: Pick<MirrorDeps, 'db' | 'pool' | 'storage' | 'now'>,
  id: string,
  files: FateOfFiles,
  actor: Pick<Actor, 'name'>,
): Promise<number> {
  return deps.db.transaction().execute(async (trx) => {
    const mirror = await findMirror(trx, id, 'for-update');
    if (!mirror) throw mirrorMissing(id);
    const now = deps.now();
    const kept = files === 'keep' && mirror.at_rev > 0 ? await keepFiles(trx, deps, mirror, actor, now) : 0;
    await removeMirror(trx, id);
    await recordEvent(trx, {
      at: now,
      actor: actor.name,
      action: 'mirror_deleted',
      channel: mirror.channel_path,
      subject: mirror.name,
      data: { mirror_id: id, files, kept },
    });
    await enqueuePublication(trx, mirror.channel_id, [{ text: `mirror ${mirror.name} deleted`, actor: actor.name }]);
    await notifyChanged(trx, 'mirror', id);
    return kept;
  });
}

async function keepFiles(
  trx: Db,
  deps: Pick<MirrorDeps, 'pool' | 'storage' | 'now'>,
  mirror: MirrorRow,
  { name }: Pick<Actor, 'name'>,
  now: Date,
): Promise<number> {
  const definition = await layerDefinition({ db: trx }, mirror);
  const own = await lockUploadsSource(trx, mirror.channel_id, now);
  const revision = own.revision + 1;
  const digests = new Map<string, Uint8Array>();
  let kept = 0;
  for (const shown of await shownSources(trx, mirror)) {
    const { from: kind, ...state } = shown;
    for await (const part of planLayer({ ...deps, db: trx }, { ...state, definition }, kind)) {
      const files = [...part.files()].map(
        (file): KeptFile => ({ file: file.file, from_rev: file.fromRev, sha256: file.sha256 ?? null }),
      );
      const from = { source_id: shown.sourceId, subdir: part.subdir };
      const copied = await keepRecords(trx, from, { source_id: own.id, revision }, files);
      if (copied === 0) continue;
      const to = { source_id: own.id, subdir: part.subdir };
      await savePart(trx, to, { ...noOrigin, records: 0 }, revision, now);
      digests.set(part.subdir, await digestAt(trx, to, revision));
      kept += copied;
    }
  }
  if (kept > 0) {
    const counts = { added: kept, changed: 0, removed: 0, sha256: digestOfAll([...digests.values()]) };
    await insertRevision(trx, { source_id: own.id, revision, at: now }, { cause: 'keep', actor: name }, counts);
  }
  return kept;
}

interface Shown {
  sourceId: number;
  revision: number;
  from: 'upstream' | 'kept';
}

/** What a mirror shows: its source, and what it keeps of that although it is gone there. */
async function shownSources(trx: Db, mirror: MirrorRow): Promise<Shown[]> {
  const kept = (await lockKeepingMirror(trx, mirror.id))?.kept_source_id;
  const shown: Shown[] = [{ sourceId: mirror.shown_source_id, revision: mirror.at_rev, from: 'upstream' }];
  if (kept) shown.push({ sourceId: kept, revision: await sourceRevision(trx, kept), from: 'kept' });
  return shown;
}
