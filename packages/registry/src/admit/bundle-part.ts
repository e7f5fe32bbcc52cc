import { createHash } from 'node:crypto';
import {
  type BundleMember,
  bodyPieces,
  bundleMembers,
  checkBody,
  checkMember,
  memberContent,
  openBundlePart,
  openRandomAccess,
  type RandomAccess,
  trustedKeys,
} from '@sluice/archives';
import { type BlobRow, insertBlobs, keepBlobs, localDigests, saveBundleBlobs, shareBlobs } from '@sluice/catalog';
import type { Manifest } from '@sluice/formats/bundle';
import { type Sha256, sha256ToBytes } from '@sluice/formats/digest';
import { putSmallBlobs, type Receiving } from '@sluice/storage';
import type { AdmitDeps, Guard } from './deps.ts';

/** A part of a bundle that lies in a file of this machine; its manifest was believed. */
export interface BundlePartFile {
  bundleId: string;
  path: string;
  manifest: Manifest;
}

/** While it is taken in. */
export interface BundlePartWork {
  /** Asked after each batch: false ends the call, to go on another time. */
  hasTime: () => boolean;
  /** Told of bytes that were read, and of those that need not be, since their blobs are here. */
  onBytes?: (read: number, known: number) => void;
  /** Called often; throws when the work is to end. */
  tick?: () => Promise<void>;
  guard?: Guard;
  signal?: AbortSignal;
}

/**
 * The manifest of a part, believed.
 *
 * @param what `head`: the file holds the first kilobyte alone.
 * @param keys raw public keys (base64 or hex) of issuers that are trusted.
 * @throws {ArchiveError} `bundle_cut`, `bundle_malformed`, `bundle_foreign`, `bundle_tampered`.
 */
export function readBundleManifest(
  path: string,
  keys: readonly string[],
  what: 'part' | 'head' = 'part',
): Promise<Manifest> {
  return openBundlePart(path, trustedKeys(keys) ?? new Map(), what);
}

/** Whose key this is, and its 32 raw bytes as base64; undefined when it is none. */
export function keyIssuer(text: string): { issuer: string; key: string } | undefined {
  const [known] = [...(trustedKeys([text]) ?? [])];
  if (!known) return undefined;
  const [issuer, key] = known;
  return { issuer, key: Buffer.from(key.export({ format: 'jwk' }).x!, 'base64url').toString('base64') };
}

/** Small blobs lie together in packs (design.md §2). */
const smallBytes = 64 * 1024;
/** What becomes durable together. */
const batch = { files: 500, bytes: 64 * 1024 * 1024, smallBytes: 8 * 1024 * 1024 };

/**
 * Take the blobs of a part in: each is verified by its digest, and nothing but `bundle_blob` knows of it yet. Blobs that are here
 * already are not read; where all were read in one go, the digest of the whole part is verified as well.
 *
 * @returns false when there was no time for all of it: called again, it goes on where it was.
 * @throws {ArchiveError} `bundle_cut`, `bundle_tampered`, `bundle_malformed`; what the guard throws.
 */
export async function admitBundlePart(deps: AdmitDeps, part: BundlePartFile, work: BundlePartWork): Promise<boolean> {
  const access = await openRandomAccess(part.path);
  try {
    return await admit(deps, part, work, access);
  } finally {
    await access.close();
  }
}

async function admit(deps: AdmitDeps, part: BundlePartFile, work: BundlePartWork, access: RandomAccess) {
  const { path, manifest } = part;
  const members = await bundleMembers(path, access);
  const known = await knownMembers(deps, part, members, work.guard);
  const body = createHash('sha256');
  let isWhole = true;
  const taking = batches(deps, part, work.guard);
  try {
    for (const member of members) {
      work.signal?.throwIfAborted();
      if (known.has(member.name)) {
        isWhole = false;
        work.onBytes?.(0, member.bytes);
        continue;
      }
      body.update(bodyPieces.before(member));
      await taking.add(member, async (write) => {
        const own = createHash('sha256');
        for await (const piece of memberContent(access, member)) {
          work.signal?.throwIfAborted();
          own.update(piece);
          body.update(piece);
          await write(piece);
          work.onBytes?.(piece.byteLength, 0);
          await work.tick?.();
        }
        const sha256 = own.digest('hex');
        checkMember(path, manifest, member, sha256);
        return sha256;
      });
      body.update(bodyPieces.after(member));
      if (taking.isFull()) {
        await taking.flush();
        if (!work.hasTime() && member !== members.at(-1)) return false;
      }
    }
    if (isWhole) checkBody(path, manifest, body.update(bodyPieces.end).digest('hex'));
    await taking.flush();
    return true;
  } finally {
    await taking.discard();
  }
}

/** Members whose bytes are here: they are kept for the bundle, and not read. */
async function knownMembers(
  deps: AdmitDeps,
  { bundleId, manifest }: BundlePartFile,
  members: readonly BundleMember[],
  guard: Guard | undefined,
): Promise<Set<string>> {
  const known = new Set<string>();
  for (let at = 0; at < members.length; at += 10_000) {
    const asked = members.slice(at, at + 10_000).flatMap(({ holds, name }) => {
      const sha256 = holds.kind === 'blob' ? holds.sha256 : holds.kind === 'contents' ? manifest.contents : undefined;
      return sha256 === undefined ? [] : [{ name, digest: sha256ToBytes(sha256 as Sha256), member: memberOf(holds) }];
    });
    const digests = asked.map(({ digest }) => digest);
    if ((await localDigests(deps.db, digests)).size === 0) continue;
    await deps.db.transaction().execute(async (trx) => {
      await shareBlobs(trx);
      await keepBlobs(trx, digests);
      const local = await localDigests(trx, digests);
      const here = asked.filter(({ digest }) => local.has(Buffer.from(digest).toString('hex')));
      await saveBundleBlobs(
        trx,
        bundleId,
        here.map(({ digest, member }) => ({ blob: digest, member, part: manifest.part, position: null })),
      );
      await guard?.(trx);
      for (const { name } of here) known.add(name);
    });
  }
  return known;
}

/** What `bundle_blob` calls a member: nothing for a blob, which its digest names. */
function memberOf(holds: BundleMember['holds']): string {
  if (holds.kind === 'blob') return '';
  return holds.kind === 'contents' ? 'contents.zst' : `files/${holds.name}`;
}

type Fill = (write: (piece: Uint8Array) => Promise<void> | void) => Promise<string>;

/** Gathers what becomes durable together: blobs first, then their rows. */
function batches(deps: AdmitDeps, { bundleId, manifest }: BundlePartFile, guard: Guard | undefined) {
  let small: { bytes: Uint8Array; member: string }[] = [];
  let large: { receiving: Receiving; member: string }[] = [];
  let sizes = { small: 0, large: 0 };

  return {
    async add(member: BundleMember, fill: Fill): Promise<void> {
      const name = memberOf(member.holds);
      if (member.bytes < smallBytes) {
        const bytes = new Uint8Array(member.bytes);
        let at = 0;
        await fill((piece) => {
          bytes.set(piece, at);
          at += piece.byteLength;
        });
        small.push({ bytes, member: name });
        sizes.small += bytes.length;
        return;
      }
      const receiving = await deps.storage.receive({ maxBytes: member.bytes });
      large.push({ receiving, member: name });
      await fill((piece) => receiving.write(piece));
      await receiving.finish();
      receiving.verified();
      sizes.large += member.bytes;
    },
    isFull: () =>
      small.length + large.length >= batch.files || sizes.small >= batch.smallBytes || sizes.large >= batch.bytes,
    async flush(): Promise<void> {
      if (small.length + large.length === 0) return;
      await deps.db.transaction().execute(async (trx) => {
        await shareBlobs(trx);
        const received = await deps.storage.commitMany(large.map(({ receiving }) => receiving));
        const packed = await putSmallBlobs(
          deps.storage,
          small.map(({ bytes }) => bytes),
        );
        const rows: BlobRow[] = [
          ...received.map(({ sha256, size }) => ({
            sha256: sha256ToBytes(sha256),
            size,
            pack: null,
            pack_offset: null,
          })),
          ...packed,
        ];
        await insertBlobs(trx, rows, deps.now());
        const names = [...large, ...small].map(({ member }) => member);
        const places = rows.map(({ sha256 }, i) => ({
          blob: sha256,
          member: names[i]!,
          part: manifest.part,
          position: null,
        }));
        await saveBundleBlobs(trx, bundleId, places);
        await guard?.(trx);
      });
      [small, large, sizes] = [[], [], { small: 0, large: 0 }];
    },
    async discard(): Promise<void> {
      for (const { receiving } of large) await receiving.discard();
    },
  };
}
