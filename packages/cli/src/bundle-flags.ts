import type { Schemas } from '@sluice/api-client';
import { InvalidArgumentError, Option } from 'commander';
import { repeatedOption } from './list-option.ts';

/** What can be said of a bundle on the command line. */
export interface BundleFlags {
  channel?: string[];
  mirror?: string[];
  series?: string;
  since?: number | 'last';
  partSize?: number;
  attach?: string[];
  serverPath?: string;
  keep?: number;
}

/** The options of {@link BundleFlags}. */
export const bundleOptions: readonly Option[] = [
  repeatedOption('-c, --channel <channel>', 'what it shows, channels below it included'),
  repeatedOption('--mirror <id>', 'only what this mirror shows of its channel, and how it is defined'),
  new Option('--series <name>', 'what the far side knows these bundles by; made from the channels'),
  new Option('--since <serial>', 'only what is new since that bundle, or the last').argParser(parseSince),
  new Option('--part-size <size>', 'largest size of a part; 4G when left out, which FAT32 takes').argParser(parseSize),
  repeatedOption('--attach <file>', 'a file of the server or a URL, carried as it is'),
  new Option('--server-path <folder>', 'leave the parts in a folder of the server, or at s3://bucket/prefix'),
  new Option('--keep <n>', 'keep so many finished bundles of the series').argParser(parseCount),
];

/** The fields of a bundle that the flags set. */
export function bundleFields(flags: BundleFlags): Omit<Schemas['BundleWishInput'], 'state'> {
  const { channel, mirror, series, since, partSize, attach, serverPath, keep } = flags;
  return {
    ...(channel && { channels: channel }),
    ...(mirror && { mirrors: mirror }),
    ...(series !== undefined && { series }),
    ...(since !== undefined && { since }),
    ...(partSize !== undefined && { part_bytes: partSize }),
    ...(attach && { attachments: attach }),
    ...(serverPath !== undefined && { output: serverPath }),
    ...(keep !== undefined && { keep }),
  };
}

function parseSince(text: string): number | 'last' {
  return text === 'last' ? text : parseCount(text);
}

function parseCount(text: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count >= 1) return count;
  throw new InvalidArgumentError('Say a number from 1 on.');
}

const units: Record<string, number> = { '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 };

/** `4G` is four thousand million, as disks are sold; `4GiB` a little more. */
export function parseSize(text: string): number {
  const [, number, unit = '', binary] = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?$/i.exec(text) ?? [];
  if (number === undefined || (binary && unit === '')) {
    throw new InvalidArgumentError('Say a size like 650M, 4G or 4GiB.');
  }
  const power = Math.log10(units[unit.toLowerCase()]!) / 3;
  return Math.floor(Number(number) * (binary ? 1024 ** power : 1000 ** power));
}
