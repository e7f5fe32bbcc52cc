import {
  bundleDigests,
  copyOut,
  copyUploadedRecords,
  type DerivedTable,
  derivedBlobs,
  derivedTables,
  type MirroredState,
  mirroredStates,
  reservedAgainst,
  runDigests,
  uploadedDigests,
  uploadSources,
  versionDigests,
  withSession,
} from '@sluice/catalog';
import { packageTypeOf } from '@sluice/formats/package';
import type { PackageType } from '@sluice/policy';
import { uploadView } from '../../admit/upload-formats/index.ts';
import { planLayer } from '../../plan-layer.ts';
import type { Collection } from './context.ts';
import type { DigestMarks } from './digest-marks.ts';

const portion = 5000;

/** Fourth stage: the files that the rules of the next mirror allow, at the revision it shows or is about to. */
export async function markLayers(collection: Collection, at = 0): Promise<number | undefined> {
  const { deps } = collection;
  const states = await mirroredStates(deps.db);
  const state = states[at];
  if (!state) return undefined;
  const marks = await collection.marks();
  const layer = layerOf(state, await reservedAgainst(deps.db, state));
  for await (const part of planLayer(deps, layer, state.kept ? 'kept' : 'upstream')) {
    let nameless: { file: string; from_rev: number }[] = [];
    const lookUp = async () => {
      const where = { source_id: state.source_id, subdir: part.subdir };
      for (const digest of await versionDigests(deps.db, where, nameless)) marks.mark(digest);
      nameless = [];
    };
    for (const { file, fromRev, sha256 } of part.files()) {
      if (sha256) marks.mark(sha256);
      else nameless.push({ file, from_rev: fromRev });
      if (nameless.length >= portion) await lookUp();
    }
    if (nameless.length > 0) await lookUp();
  }
  return at + 1;
}

function layerOf(
  { source_id, revision, types, channel_filters, mirror_filters, keep_legacy }: MirroredState,
  reserved: { reserved?: string[] },
) {
  return {
    sourceId: source_id,
    revision,
    definition: {
      types: types as PackageType[],
      channel: channel_filters,
      mirror: { filters: mirror_filters, keepLegacy: keep_legacy, ...reserved },
    },
  };
}

/** Fifth stage: the live uploads of the next channel, shown or not. */
export async function markUploads(collection: Collection, at = 0): Promise<number | undefined> {
  const { deps } = collection;
  const source = (await uploadSources(deps.db)).find((id) => id > at);
  if (source === undefined) return undefined;
  const marks = await collection.marks();
  await withSession(deps.pool, async ({ client }) => {
    for await (const batch of copyOut(client, copyUploadedRecords(source))) {
      for (let i = 0; i < batch.length; i++) {
        const { sha256 } = uploadView(packageTypeOf(batch.text(i, 1)!))(batch.bytes(i, 0)!);
        if (sha256 !== undefined) marks.mark(Buffer.from(sha256, 'hex'));
      }
    }
  });
  for (const digest of await uploadedDigests(deps.db, source)) marks.mark(digest);
  return source;
}

interface DigestPlace {
  table: DerivedTable | 'run_item' | 'bundle';
  after: string;
}

const rest: readonly DigestPlace['table'][] = ['run_item', 'bundle', ...derivedTables];

/** Sixth stage: what unfinished runs want, what bundles need, and the blobs of what was worked out. */
export async function markRest(
  collection: Collection,
  { table, after }: DigestPlace = { table: rest[0]!, after: '' },
): Promise<DigestPlace | undefined> {
  const { deps, asOf } = collection;
  const from = Buffer.from(after, 'hex');
  const digests = await digestsOf(table);
  markAll(await collection.marks(), digests);
  if (digests.length === portion) return { table, after: digests.at(-1)!.toString('hex') };
  const next = rest[rest.indexOf(table) + 1];
  return next && { table: next, after: '' };

  function digestsOf(of: DigestPlace['table']): Promise<Buffer[]> {
    if (of === 'run_item') return runDigests(deps.db, from, portion);
    if (of === 'bundle') return bundleDigests(deps.db, from, portion);
    return derivedBlobs(deps.db, of, asOf, from, portion);
  }
}

function markAll(marks: DigestMarks, digests: readonly Uint8Array[]): void {
  for (const digest of digests) marks.mark(digest);
}
