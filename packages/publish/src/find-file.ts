import {
  type BlobRow,
  type ChannelRow,
  findBlob,
  findLatestRecords,
  findRecordDigest,
  keptShards,
  type Part,
  type RecordVersion,
} from '@sluice/catalog';
import { parseFileName } from '@sluice/formats/conda';
import { condaFactsRow, type Decision, evaluate, type Facts, factsBuilder, hexAt } from '@sluice/policy';
import { shardFiles } from './conda/shard-files.ts';
import type { PublishDeps } from './deps.ts';
import { type RuledLayer, ruledLayers } from './layers.ts';

/** A file that may be served: its record, and its bytes if they are local. Digests are lower-case hex, size in bytes. */
export interface ServedFile {
  status: 'served';
  layer: RuledLayer;
  part: Part;
  record: RecordVersion;
  expected: { sha256?: string; md5?: string; size?: number };
  blob: BlobRow | undefined;
}

/**
 * The door's answer for one package file:
 *
 *     served   in a kept publication, and allowed by the rules in force now
 *     refused  known, but a rule denies it: the decision says which and why
 *     pending  known and allowed, but no kept publication lists it (the channel is frozen, or one is being made)
 *     deleted  was uploaded here once and then deleted
 *     absent   nothing here has that name
 */
export type FileAnswer =
  | ServedFile
  | { status: 'refused'; decision: Decision; layer: RuledLayer }
  | { status: 'pending' | 'deleted' | 'absent' };

/** Judge a download: is the file in the head or any kept publication, and do the rules of its layer allow it now? */
export async function findFile(
  deps: Pick<PublishDeps, 'db' | 'storage'>,
  channel: Pick<ChannelRow, 'id' | 'types' | 'filters'>,
  subdir: string,
  file: string,
): Promise<FileAnswer> {
  let otherwise: FileAnswer | undefined;
  for (const layer of await ruledLayers(deps.db, channel)) {
    const part = { source_id: layer.source_id, subdir };
    const versions = await findLatestRecords(deps.db, part, [file, ...twinOf(file)], layer.revision);
    const record = versions.find((version) => version.file === file);
    if (!record) continue;
    if (!layer.mirror && record.to_rev !== null) {
      otherwise = { status: 'deleted' };
      continue;
    }
    const twin = versions.filter((version) => version.file !== file && isLive(version, layer.revision));
    const facts = factsOf(subdir, [record, ...twin]);
    const decision = evaluate(layer.rules, facts, 0);
    if (decision.verdict !== 'allow') otherwise ??= { status: 'refused', decision, layer };
    else if (!(await isPublished(deps, channel.id, subdir, file))) return { status: 'pending' };
    else return { status: 'served', layer, part, record, ...(await bytesOf(deps, part, record, facts)) };
  }
  return otherwise ?? { status: 'absent' };
}

/** The `.conda` file that a legacy rule would prefer to this one. */
function twinOf(file: string): string[] {
  return file.endsWith('.tar.bz2') ? [`${file.slice(0, -'.tar.bz2'.length)}.conda`] : [];
}

function isLive(version: RecordVersion, revision: number): boolean {
  return version.to_rev === null || version.to_rev > revision;
}

function factsOf(subdir: string, records: readonly RecordVersion[]): Facts {
  const builder = factsBuilder('conda', subdir);
  for (const record of records) builder.add(condaFactsRow(record.file, record.body, record.from_rev));
  return builder.build();
}

async function isPublished(
  deps: Pick<PublishDeps, 'db' | 'storage'>,
  channelId: number,
  subdir: string,
  file: string,
): Promise<boolean> {
  const { name } = parseFileName(file);
  for (const shard of await keptShards(deps.db, channelId, `${subdir}/${name}`)) {
    if ((await shardFiles(deps.storage, shard)).has(file)) return true;
  }
  return false;
}

async function bytesOf(
  deps: Pick<PublishDeps, 'db'>,
  part: Part,
  record: RecordVersion,
  facts: Facts,
): Promise<Pick<ServedFile, 'expected' | 'blob'>> {
  const sha256 = hexAt(facts.sha256, 32, 0);
  const md5 = hexAt(facts.md5, 16, 0);
  const size = facts.size[0]!;
  const expected = {
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(md5 === undefined ? {} : { md5 }),
    ...(Number.isNaN(size) ? {} : { size }),
  };
  const digest =
    sha256 === undefined
      ? await findRecordDigest(deps.db, part, record.file, record.from_rev)
      : facts.sha256.subarray(0, 32);
  return { expected, blob: digest && (await findBlob(deps.db, Buffer.from(digest))) };
}
