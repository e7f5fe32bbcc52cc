import { readFile } from 'node:fs/promises';
import { Option } from 'commander';
import { type BundleFlags, bundleFields, bundleOptions } from '../bundle-flags.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { CliError } from '../errors.ts';
import { fetchParts } from '../fetch-parts.ts';
import { bundleFailure, followBundle } from '../follow-bundle.ts';
import { type BundleData, bundleView } from '../views/bundle.ts';

type Input = BundleFlags & { state?: string; output?: string; follow?: boolean };

export const usage: Usage = {
  words: 'bundle create',
  summary: 'Pack what channels show for a network that is cut off: in full, or what the far side lacks',
  options: [
    ...bundleOptions,
    new Option('--state <file>', "the far side's state file (bundle state): only what it lacks").conflicts('since'),
    new Option('--output <folder>', 'fetch the parts into this folder; here when left out').conflicts('serverPath'),
    new Option('--follow', 'with --server-path: wait for the end'),
  ],
  examples: [
    'bundle create -c main --output /media/stick',
    'bundle create -c main --state main.state --part-size 650M',
    'bundle create --attach https://feeds.example/cve.zip --series advisories',
  ],
};

export async function run(context: Context, { state, output, follow, ...flags }: Input): Promise<BundleData> {
  const body = { ...bundleFields(flags), ...(state !== undefined && { state: await stateOf(state) }) };
  const { id } = await answer(context.api.POST('/api/bundles', { body }));
  const staysThere = flags.serverPath !== undefined;
  if (staysThere && !follow) return answer(context.api.GET('/api/bundles/{id}', { params: { path: { id } } }));
  const made = await followBundle(context, id);
  if (staysThere || made.state !== 'completed') return made;
  return { ...made, files: await fetchParts(context, made, output ?? '.') };
}

async function stateOf(file: string): Promise<string> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new CliError('file_unreadable', `There is no file ${file} that can be read.`, { cause });
  });
  return bytes.toString('base64');
}

export const failure = bundleFailure;

export const views = {
  human: bundleView,
  json: (data: BundleData): unknown => data,
};
