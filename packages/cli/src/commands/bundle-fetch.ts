import { Argument, Option } from 'commander';
import type { Context, Usage } from '../command.ts';
import { fetchParts } from '../fetch-parts.ts';
import { bundleFailure, followBundle } from '../follow-bundle.ts';
import { type BundleData, bundleView } from '../views/bundle.ts';

export const usage: Usage = {
  words: 'bundle fetch',
  summary: 'Fetch the parts of a bundle; what is here already is not fetched again',
  arguments: [new Argument('<id>', 'the bundle')],
  options: [new Option('--output <folder>', 'where to; here when left out').default('.')],
};

export async function run(context: Context, { id, output }: { id: string; output: string }): Promise<BundleData> {
  const made = await followBundle(context, id);
  if (made.state !== 'completed') return made;
  return { ...made, files: await fetchParts(context, made, output) };
}

export const failure = bundleFailure;

export const views = {
  human: bundleView,
  json: (data: BundleData): unknown => data,
};
