import { writeFile } from 'node:fs/promises';
import { readStateFile } from '@sluice/formats/bundle';
import { Option } from 'commander';
import type { Context, Usage } from '../command.ts';
import { refused, unreachable } from '../connect.ts';
import { CliError } from '../errors.ts';

interface Data {
  file: string;
  series: string;
  serial: number;
  bytes: number;
}

export const usage: Usage = {
  words: 'bundle state',
  summary: 'Write down what is here of a series: a small file, to be carried back for the next delta',
  options: [
    new Option('--series <name>', 'which; needed where there are several'),
    new Option('--output <file>', 'where to; <series>.state here when left out'),
  ],
  examples: ['bundle state --series main --output /media/stick/main.state'],
};

export async function run({ site }: Context, { series, output }: { series?: string; output?: string }): Promise<Data> {
  const query = series === undefined ? '' : `?series=${encodeURIComponent(series)}`;
  const url = `${site.url}/api/bundles/state${query}`;
  const headers: Record<string, string> = site.token === undefined ? {} : { authorization: `Bearer ${site.token}` };
  const response = await fetch(url, { headers }).catch((cause: unknown) => {
    throw unreachable(site.url, cause);
  });
  if (!response.ok) throw refused(response.status, await response.json().catch(() => undefined), url);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const state = readStateFile(bytes);
  const file = output ?? `${state.series}.state`;
  await writeFile(file, bytes).catch((cause: unknown) => {
    throw new CliError('file_unreadable', `${file} cannot be written.`, { cause });
  });
  return { file, series: state.series, serial: state.serial, bytes: bytes.length };
}

export const views = {
  human: ({ file, series, serial }: Data): string =>
    `${file} says what is here of ${series}, up to bundle ${serial}.\nThere: npx sluice bundle create --state ${file} …`,
  json: (data: Data): unknown => data,
};
