import { createHash } from 'node:crypto';
import type { BlobRow } from '@sluice/catalog';
import { tarBlock, tarEnd, tarHeader, tarMemberBytes, tarPadding } from '@sluice/formats/bundle';
import { MirrorError } from '../../errors.ts';
import { blobRefOf } from '../blob-ref.ts';
import type { BundleDeps } from '../deps.ts';

/** One member of a part. `sha256`: what its bytes must have, hex. */
export interface PartMember {
  name: string;
  sha256: string;
  blob: BlobRow;
}

type Store = Pick<BundleDeps['storage'], 'readMany' | 'open'>;

/** One that is written, one that is hashed, and two that are filled. The same memory all along: fresh one costs as much as hashing. */
const slabCount = 4;

/**
 * The body of a part, piece by piece. Every blob is checked against its digest; small ones on a thread, while the pieces before
 * are worked on.
 *
 * A piece is good until the one after the next is asked for.
 *
 * @param slabBytes members that fit are laid out in a piece of memory of that size together; larger ones go through by themselves.
 * @throws {MirrorError} `digest_mismatch` when stored bytes are damaged.
 */
export async function* partBody(
  storage: Store,
  members: AsyncIterable<PartMember>,
  slabBytes: number,
): AsyncGenerator<Uint8Array> {
  const slabs = Array.from({ length: slabCount }, () => new Uint8Array(new SharedArrayBuffer(slabBytes)));
  const ahead: AsyncIterable<Uint8Array>[] = [];
  let turn = 0;
  for await (const group of groups(members, slabBytes)) {
    const isLarge = memberBytes(group[0]!) > slabBytes;
    ahead.push(isLarge ? largeMember(storage, group[0]!) : filled(storage, slabs[turn++ % slabCount]!, group));
    if (ahead.length === slabCount - 1) yield* ahead.shift()!;
  }
  for (const pieces of ahead) yield* pieces;
  yield tarEnd;
}

/** As many as fit a slab together; what is larger, alone. */
async function* groups(members: AsyncIterable<PartMember>, slabBytes: number): AsyncGenerator<PartMember[]> {
  let group: PartMember[] = [];
  let bytes = 0;
  for await (const member of members) {
    if (group.length > 0 && bytes + memberBytes(member) > slabBytes) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(member);
    bytes += memberBytes(member);
  }
  if (group.length > 0) yield group;
}

function memberBytes({ blob }: PartMember): number {
  return tarMemberBytes(blob.size);
}

/** Begins to fill the slab at once. */
function filled(
  storage: Store,
  slab: Uint8Array<SharedArrayBuffer>,
  members: readonly PartMember[],
): AsyncIterable<Uint8Array> {
  let end = 0;
  const blobs = members.map((member) => {
    const { name, blob } = member;
    slab.set(tarHeader(name, blob.size), end);
    const at = end + tarBlock;
    end += memberBytes(member);
    slab.fill(0, end - tarPadding(blob.size), end);
    return { ref: blobRefOf(blob), at };
  });
  const reading = storage.readMany(slab, blobs);
  // A failure is met when its turn comes.
  reading.catch(() => {});
  return (async function* () {
    await reading.catch((error: { code?: unknown; wanted?: string }) => {
      throw error.code === 'blob_corrupt' ? damaged(String(error.wanted)) : error;
    });
    yield slab.subarray(0, end);
  })();
}

async function* largeMember(storage: Store, { name, sha256, blob }: PartMember): AsyncGenerator<Uint8Array> {
  yield tarHeader(name, blob.size);
  const digest = createHash('sha256');
  let size = 0;
  for await (const chunk of storage.open(blobRefOf(blob))) {
    digest.update(chunk);
    size += chunk.length;
    yield chunk;
  }
  if (size !== blob.size || digest.digest('hex') !== sha256) throw damaged(sha256);
  yield new Uint8Array(tarPadding(blob.size));
}

function damaged(sha256: string): MirrorError {
  return new MirrorError(
    'digest_mismatch',
    `The stored blob ${sha256} is damaged: run a deep check (sluice maintenance check --deep) and fetch it again.`,
    { wanted: sha256, found: 'other bytes' },
  );
}
