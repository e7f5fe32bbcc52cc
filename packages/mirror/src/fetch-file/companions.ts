import {
  type BlobRow,
  type CompanionKind,
  type CompanionPlace,
  findBlob,
  findCompanion,
  findSource,
  type Part,
} from '@sluice/catalog';
import { sha256ToBytes } from '@sluice/formats/digest';
import { admitCompanion, storedWheelMetadata } from '@sluice/registry';
import { inTime } from '../ask-name/in-time.ts';
import type { MirrorDeps } from '../deps.ts';
import { MirrorError } from '../errors.ts';
import { storedAddress, upstreamOf } from '../upstream-of.ts';
import { describedFile } from '../upstreams/pypi/locate.ts';
import { openMetadata, openProvenance } from '../upstreams/pypi/metadata.ts';
import type { FileFetcher } from './file-fetcher.ts';
import type { Expected } from './receive-package.ts';

/** A Python file that is served: the version of its record, what that promises, and its bytes if they are here. */
export interface AccompaniedFile {
  part: Part;
  file: string;
  from_rev: number;
  expected: Expected;
  blob: BlobRow | undefined;
}

/** Finds what stands beside Python's files. One for the life of a process. */
export interface Companions {
  /**
   * Where a wheel's METADATA or a file's attestations lie: what is here, else what the upstream has, else, of METADATA, what is
   * read out of the wheel, which is fetched for that where it is not here.
   *
   * @returns undefined where there is no such thing.
   * @throws {MirrorError} when the upstream has it and cannot give it, or gives something else than its page says.
   */
  find(file: AccompaniedFile, kind: CompanionKind): Promise<BlobRow | undefined>;
}

/** How long a client waits, in ms. */
const limitMs = 10_000;

/** See {@link Companions}. */
export function createCompanions(deps: MirrorDeps, fetcher: Pick<FileFetcher, 'fetch'>): Companions {
  const underWay = new Map<string, Promise<BlobRow | undefined>>();

  async function fromUpstream(file: AccompaniedFile, kind: CompanionKind): Promise<Uint8Array | undefined> {
    const source = await findSource(deps.db, file.part.source_id);
    // What bundles do not carry, nobody can be asked for.
    if (!source?.url || source.type === 'bundle') return undefined;
    const stored = storedAddress(source, source.url);
    const { described, pageUrl } = await describedFile(deps, file);
    const isOffered = kind === 'metadata' ? described.coreMetadata !== false : described.provenance !== undefined;
    if (!isOffered) return undefined;
    return inTime(limitMs, `${described.filename}.${kind}`, async (signal) => {
      const upstream = { ...upstreamOf(deps, stored), signal };
      return kind === 'metadata'
        ? openMetadata(upstream, pageUrl, described, 2)
        : openProvenance(upstream, pageUrl, described);
    });
  }

  async function fromWheel(place: CompanionPlace, file: AccompaniedFile): Promise<BlobRow | undefined> {
    if (!file.file.endsWith('.whl')) return undefined;
    if (file.blob) return admitCompanion(deps, place, await storedWheelMetadata(deps, file.blob, file.file));
    const fetched = await fetcher.fetch(file);
    const { sha256 } = fetched.kind === 'inflight' ? await fetched.done : fetched;
    // A wheel that comes in brings its METADATA along.
    const known = await findCompanion(deps.db, place);
    if (known) return known;
    const blob = await findBlob(deps.db, sha256ToBytes(sha256));
    return blob && admitCompanion(deps, place, await storedWheelMetadata(deps, blob, file.file));
  }

  async function find(file: AccompaniedFile, kind: CompanionKind): Promise<BlobRow | undefined> {
    const { part, from_rev } = file;
    const place: CompanionPlace = { ...part, file: file.file, from_rev, kind };
    const known = await findCompanion(deps.db, place);
    if (known) return known;
    const bytes = await fromUpstream(file, kind).catch((error: unknown) => {
      // What its page offers and it does not have is still in the wheel.
      if (error instanceof MirrorError && error.code === 'upstream_missing') return undefined;
      throw error;
    });
    if (bytes) return admitCompanion(deps, place, bytes);
    return kind === 'metadata' ? fromWheel(place, file) : undefined;
  }

  return {
    find(file, kind) {
      const key = `${file.part.source_id} ${file.file} ${file.from_rev} ${kind}`;
      const shared = underWay.get(key);
      if (shared) return shared;
      const found = find(file, kind).finally(() => underWay.delete(key));
      underWay.set(key, found);
      return found;
    },
  };
}
