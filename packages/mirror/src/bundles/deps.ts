import type { MirrorDeps } from '../deps.ts';
import type { Companions } from '../fetch-file/companions.ts';
import type { FileFetcher } from '../fetch-file/file-fetcher.ts';

/** A file that a publication lists: its record as it came, and what that promises of the bytes (hex, lower case; bytes). */
export interface BundledFile {
  source_id: number;
  file: string;
  from_rev: number;
  body: Uint8Array;
  v3: boolean;
  extra: Uint8Array | null;
  signatures: Uint8Array | null;
  expected: { sha256?: string; md5?: string; size?: number };
}

/** What of a publication is read: one part of it, from after a file on; of some layers or package names only where they are named. */
export interface BundledWish {
  channelId: number;
  no: number;
  part: string;
  after: string;
  layers?: readonly string[] | undefined;
  names?: readonly string[] | undefined;
}

/** What is compared: an earlier and a later publication of a channel, some of its layers only where they are named. */
export interface BundledSpan {
  channelId: number;
  from: number;
  to: number;
  layers?: readonly string[] | undefined;
}

/** By what two publications of a channel differ in a part. */
export interface BundledChanges {
  /** Files that only the earlier one lists, or otherwise. */
  dropped: ReadonlySet<string>;
  /** What only the later one lists, in byte order of the files. */
  fresh: BundledFile[];
}

/** What making bundles works with: mirroring, the first fetch of files, and reading what channels show. */
export interface BundleDeps extends MirrorDeps {
  fetcher: Pick<FileFetcher, 'fetch'>;
  companions: Companions;
  /** The parts that a kept publication lists anything of, in byte order. */
  publishedParts(channelId: number, no: number): Promise<string[]>;
  /** What it lists of the channel's own layers, in byte order of the files. */
  listedVersions(wish: BundledWish): AsyncIterable<BundledFile[]>;
  /** What changed of that from one publication to a later one; undefined where it cannot be told without reading names. */
  changedVersions(wish: BundledSpan & { part: string }): Promise<BundledChanges | undefined>;
  /**
   * Names, by part, whose files changed in these layers though what the channel shows need not say so; undefined where it cannot be
   * told which.
   */
  ownChangedNames(wish: BundledSpan): Promise<ReadonlyMap<string, readonly string[]> | undefined>;
  /** Where bundles come in and, below `out`, lie when nobody says elsewhere: `<data>/airgap`. */
  bundleFolder: string;
}
