import type { Schemas } from '@sluice/api-client';
import { Argument } from 'commander';
import { channelArgument } from '../channel-flags.ts';
import type { Context, Usage } from '../command.ts';
import { type Family, familyOption, packageFiles } from '../package-files.ts';
import { gather, type PagingInput, pagingOptions } from '../paging.ts';
import { bytes } from '../views/amounts.ts';
import { type Page, pageView } from '../views/page.ts';
import type { View } from '../views/view.ts';

type Data = Page<Schemas['ArtifactFile']>;

export const usage: Usage = {
  words: 'channel files',
  summary: 'List the files of a package in a channel, the newest first',
  arguments: [channelArgument(), new Argument('<package>')],
  options: [familyOption(), ...pagingOptions],
};

export function run(
  context: Context,
  input: PagingInput & { channel: string; package: string; family: Family },
): Promise<Data> {
  const { channel, family, package: name } = input;
  return gather(input, (query) => packageFiles(context, { channel, family, name }, query));
}

export const views = {
  human: (data: Data, view: View): string =>
    pageView(
      data,
      {
        noun: 'file',
        heads: ['FILE', 'SIZE', 'LICENSE', 'BUILT'],
        row: ({ ckey, metadata }) => {
          const { size, license, timestamp } = metadata['repodata_record.json'] ?? metadata['file.json'] ?? {};
          const { License } = metadata.DESCRIPTION ?? {};
          const built = metadata['file.json']?.['upload-time'] ?? metadata.DESCRIPTION?.['Date/Publication'];
          const day = typeof built === 'string' ? built.slice(0, 10) : builtOn(timestamp);
          return [ckey, typeof size === 'number' ? bytes(size) : '', text(license ?? License), day];
        },
      },
      view,
    ),
  json: (data: Data): unknown => data,
};

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Old packages count seconds, the others milliseconds. */
function builtOn(timestamp: unknown): string {
  if (typeof timestamp !== 'number') return '';
  const ms = timestamp > 253_402_300_799 ? timestamp : timestamp * 1000;
  return Number.isFinite(ms) && Math.abs(ms) < 8.64e15 ? new Date(ms).toISOString().slice(0, 10) : '';
}
