import { type ChannelLine, isSeriesName } from '@sluice/formats/bundle';
import { MirrorError } from '../../errors.ts';

/** What somebody wants in a bundle. Names and units are those of the API. */
export interface BundleWish {
  /** What the far side knows these bundles by; made from the channels' names when left out. */
  series?: string | undefined;
  /** Paths of channels; those below them come along. */
  channels?: readonly string[] | undefined;
  /** Ids of mirrors: of their channels only what these show, and how they are defined. */
  mirrors?: readonly string[] | undefined;
  /** Build on the bundle of that serial, or on the last one; where there is no last one, everything. */
  since?: number | 'last' | undefined;
  /** Build on what the far side says it has: its state file. */
  state?: Uint8Array | undefined;
  /** A part has at most so many bytes, unless one file alone is larger. */
  part_bytes?: number | undefined;
  /** Files carried verbatim: absolute paths or file: URLs below the allowed folders, or http(s) URLs. */
  attachments?: readonly string[] | undefined;
  /** A folder of the server, or `s3://bucket/prefix`. */
  output?: string | undefined;
  /** How many finished bundles of the series are kept; all when left out. */
  keep?: number | undefined;
}

/** What is kept of a wish. */
export interface BundleDefinition {
  channels: string[];
  mirrors: string[];
  since: number | 'last' | 'state' | null;
  part_bytes: number;
  attachments: string[];
  output: string | null;
  keep: number | null;
}

/** A channel as it was when its bundle was begun, and the publication that is bundled. */
export interface BundledChannel {
  id: number;
  /** 0: nothing was ever published. */
  no: number;
  patch_rev: number;
  line: ChannelLine;
  /** Where only some mirrors of it are bundled: their ids. */
  mirrors?: string[];
}

/** Just below the largest file of FAT32, which many sticks have. */
const defaultPartBytes = 4_000_000_000;
const leastPartBytes = 64 * 1024;
const mostPartBytes = 5 * 1024 ** 4;

/**
 * Check what can be checked without asking anybody.
 *
 * @throws {MirrorError} `bundle_invalid`.
 */
export function readBundleWish(wish: BundleWish): BundleDefinition {
  const { series, since, state, part_bytes = defaultPartBytes, output, keep } = wish;
  if (series !== undefined && !isSeriesName(series)) {
    throw invalid('A series is called by at most 32 of a-z, 0-9, _ and -, with a letter or digit first.', series);
  }
  if (since !== undefined && state !== undefined) {
    throw invalid('Give "since" or a state file, not both: each says what the far side has.', 'both');
  }
  if (!Number.isSafeInteger(part_bytes) || part_bytes < leastPartBytes || part_bytes > mostPartBytes) {
    throw invalid(`A part has from ${leastPartBytes} to ${mostPartBytes} bytes.`, String(part_bytes));
  }
  const channels = [...new Set(wish.channels ?? [])];
  const mirrors = [...new Set(wish.mirrors ?? [])];
  const attachments = [...new Set(wish.attachments ?? [])];
  if (channels.length + mirrors.length + attachments.length === 0) {
    throw invalid('Name what goes into the bundle: channels, mirrors or attachments.', 'nothing');
  }
  if (output?.startsWith('s3://') && !/^s3:\/\/[a-z0-9][a-z0-9.-]{1,62}(\/.*)?$/.test(output)) {
    throw invalid('An output in S3 is written s3://bucket/prefix.', output);
  }
  return {
    channels,
    mirrors,
    since: since ?? (state ? 'state' : null),
    part_bytes,
    attachments,
    output: output ?? null,
    keep: keep ?? null,
  };
}

/** @returns the error of a wish that cannot be met. */
export function invalid(message: string, found: string): MirrorError {
  return new MirrorError('bundle_invalid', message, { found });
}

/** A name for the series of these channels: their names where that fits, else with a mark of all of them. */
export function seriesOf(names: readonly string[], digest: (text: string) => string): string {
  const text = names.length === 0 ? 'files' : names.join('_');
  const plain = text
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '');
  if (plain === text && plain.length <= 32) return plain;
  const mark = digest(names.join('\n')).slice(0, 8);
  return `${plain.slice(0, 23) || 'bundle'}-${mark}`;
}
