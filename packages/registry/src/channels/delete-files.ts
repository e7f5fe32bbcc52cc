import {
  type ChannelRow,
  channelLayers,
  closeRecords,
  type Db,
  enqueuePublication,
  findRecord,
  findRecords,
  findUploadsSource,
  headShardBlobs,
  liveFilesBetween,
  lockChannel,
  noOrigin,
  notifyChanged,
  recordEvent,
  savePart,
  type UploadsSource,
} from '@sluice/catalog';
import { fileRange, type PackageType, packageFamily, packageNameOf, packageTypeOf } from '@sluice/formats/package';
import { noteRevision, type PartChange } from '../admit/note-revision.ts';
import { channelMissing, RegistryError } from '../errors.ts';
import type { Actor, ChannelDeps } from './deps.ts';

/** Which uploaded files are meant: all of a package name, or the one in the part `subdir` with the key `file`. */
export interface FileChoice {
  /** Of which type the package is; conda when left out. */
  type?: PackageType;
  name: string;
  one?: { subdir: string; file: string };
}

/**
 * Delete uploaded files. From now on the door says that they were deleted, also to who has an older index or while the
 * channel is frozen; the index follows by a job. Their bytes and records stay.
 *
 * @returns the keys of what went, `<subdir>/<file>`.
 * @throws {RegistryError} `channel_missing`; `file_missing`; `file_mirrored` when all there is comes from a mirror: a filter hides that.
 */
export async function deleteFiles(
  deps: ChannelDeps,
  channel: Pick<ChannelRow, 'id' | 'path'>,
  choice: FileChoice,
  actor: Actor,
): Promise<string[]> {
  const now = deps.now();
  return deps.db.transaction().execute(async (trx) => {
    if (!(await lockChannel(trx, channel.id, 'stay'))) throw channelMissing(channel.path);
    const source = await findUploadsSource(trx, channel.id);
    const files = source ? await chosenFiles(trx, source, choice) : [];
    if (!source || files.length === 0) throw await notUploaded(trx, channel, choice);
    await closeFiles(trx, source, files, actor, now);
    const keys = files.map(({ subdir, file }) => `${subdir}/${file}`);
    const subject = choice.one ? keys[0]! : choice.name;
    await recordEvent(trx, {
      at: now,
      actor: actor.name,
      action: 'artifact_removed',
      channel: channel.path,
      subject,
      data: {
        artifact_family: packageFamily(choice.type ?? 'conda'),
        name: choice.name,
        ...(choice.one ? { ckey: subject } : { ckeys: keys }),
      },
    });
    await notifyChanged(trx, 'channel', channel.id);
    await enqueuePublication(trx, channel.id, [{ text: 'deletion', actor: actor.name }]);
    return keys;
  });
}

interface UploadedFile {
  subdir: string;
  file: string;
}

async function chosenFiles(
  db: Db,
  source: UploadsSource,
  { type = 'conda', name, one }: FileChoice,
): Promise<UploadedFile[]> {
  const near = await liveFilesBetween(db, source.id, fileRange(type, name));
  const files = near.filter(({ subdir, file }) => packageTypeOf(subdir) === type && packageNameOf(type, file) === name);
  return one ? files.filter(({ subdir, file }) => subdir === one.subdir && file === one.file) : files;
}

/** End the files' records at a new revision of the uploads, which the next publication shows. */
async function closeFiles(
  db: Db,
  source: UploadsSource,
  files: readonly UploadedFile[],
  actor: Actor,
  now: Date,
): Promise<void> {
  const revision = source.revision + 1;
  const changes: PartChange[] = [];
  for (const [subdir, group] of Map.groupBy(files, (file) => file.subdir)) {
    const part = { source_id: source.id, subdir };
    const keys = group.map(({ file }) => file);
    changes.push({ subdir, begun: [], ended: await findRecords(db, part, keys, source.revision) });
    await closeRecords(db, part, keys, revision);
    await savePart(db, part, { ...noOrigin, records: 0 }, revision, now);
  }
  const at = { source_id: source.id, revision, at: now };
  await noteRevision(db, at, { cause: 'delete', actor: actor.name }, changes);
}

/** Why nothing that was uploaded here is meant. */
export async function notUploaded(
  db: Db,
  channel: Pick<ChannelRow, 'id' | 'path'>,
  choice: FileChoice,
): Promise<RegistryError> {
  const what = choice.one ? `${choice.one.subdir}/${choice.one.file}` : choice.name;
  if (!(await isMirrored(db, channel.id, choice))) {
    return new RegistryError('file_missing', `Nothing called ${what} was uploaded to ${channel.path}.`, {
      found: what,
    });
  }
  return new RegistryError(
    'file_mirrored',
    `${what} was not uploaded to ${channel.path} but comes from a mirror, which would bring it back. To hide it, exclude it by a filter (exclude_specs) of the mirror or the channel.`,
    { wanted: 'a file that was uploaded here', found: `${what}, mirrored` },
  );
}

async function isMirrored(db: Db, channelId: number, { type = 'conda', name, one }: FileChoice): Promise<boolean> {
  if (!one) {
    const shards = await headShardBlobs(db, channelId, [name]);
    return shards.some(({ key }) => packageTypeOf(key.slice(0, key.indexOf('/'))) === type);
  }
  for (const layer of await channelLayers(db, channelId)) {
    const part = { source_id: layer.source_id, subdir: one.subdir };
    if (layer.mirror && (await findRecord(db, part, one.file, layer.revision))) return true;
  }
  return false;
}
