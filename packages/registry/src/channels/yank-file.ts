import {
  type ChannelRow,
  closeRecords,
  enqueuePublication,
  findLatestRecords,
  findUploadsSource,
  insertRecord,
  keepCompanions,
  lockChannel,
  noOrigin,
  notifyChanged,
  recordEvent,
  savePart,
} from '@sluice/catalog';
import { pythonPart } from '@sluice/formats/package';
import { readSimpleFile, writeSimpleFile } from '@sluice/formats/pypi';
import { noteRevision } from '../admit/note-revision.ts';
import { channelMissing } from '../errors.ts';
import { notUploaded } from './delete-files.ts';
import type { Actor, ChannelDeps } from './deps.ts';

/** An uploaded file of a Python project, and whether installers are to pass it over: true, or the reason they show. */
export interface YankWish {
  /** Normalised. */
  project: string;
  fileName: string;
  yanked: boolean | string;
}

/**
 * Yank an uploaded file, or take that back: the file stays and whoever pins its version gets it, nobody else does. Asking for
 * what is so already changes nothing.
 *
 * @throws {RegistryError} `channel_missing`; `file_missing`; `file_mirrored` for what was not uploaded here.
 * @see PEP 592
 */
export async function yankFile(
  deps: ChannelDeps,
  channel: Pick<ChannelRow, 'id' | 'path'>,
  { project, fileName, yanked }: YankWish,
  actor: Actor,
): Promise<void> {
  const now = deps.now();
  const file = `${project}/${fileName}`;
  const key = `${pythonPart}/${file}`;
  await deps.db.transaction().execute(async (trx) => {
    if (!(await lockChannel(trx, channel.id, 'stay'))) throw channelMissing(channel.path);
    const source = await findUploadsSource(trx, channel.id);
    const part = { source_id: source?.id ?? 0, subdir: pythonPart };
    const [record] = source ? await findLatestRecords(trx, part, [file], source.revision) : [];
    if (!source || !record || record.to_rev !== null) {
      const one = { subdir: pythonPart, file };
      throw await notUploaded(trx, channel, { type: 'python', name: project, one });
    }
    const described = readSimpleFile(record.body);
    if (described.yanked === yanked) return;
    const revision = source.revision + 1;
    const next = { file, from_rev: revision, extra: record.extra };
    await closeRecords(trx, part, [file], revision);
    const body = new TextEncoder().encode(writeSimpleFile({ ...described, yanked }));
    await insertRecord(trx, part, { ...next, body });
    await keepCompanions(trx, part, record, revision);
    await savePart(trx, part, { ...noOrigin, records: 0 }, revision, now);
    const change = { subdir: pythonPart, begun: [{ ...next, body, v3: false }], ended: [record] };
    const at = { source_id: source.id, revision, at: now };
    await noteRevision(trx, at, { cause: 'yank', actor: actor.name }, [change]);
    await recordEvent(trx, {
      at: now,
      actor: actor.name,
      action: 'artifact_metadata_updated',
      channel: channel.path,
      subject: key,
      data: { artifact_family: 'python', name: project, ckey: key, yanked },
    });
    await notifyChanged(trx, 'channel', channel.id);
    await enqueuePublication(trx, channel.id, [{ text: yanked === false ? 'unyank' : 'yank', actor: actor.name }]);
  });
}
