import type { Schemas } from '@sluice/api-client';
import { Argument, Option } from 'commander';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { CliError } from '../errors.ts';
import { followImport } from '../follow-import.ts';
import { ownSignIn } from '../own-sign-in.ts';
import { type PartFile, partFile, partPaths } from '../part-files.ts';
import { sendPart } from '../send-part.ts';
import { importLines } from '../views/import.ts';
import type { View } from '../views/view.ts';

type Data = Schemas['BegunImports'];
type Input = { paths: string[]; serverPath?: boolean; follow?: boolean };

export const usage: Usage = {
  words: 'bundle import',
  summary: 'Bring bundles in: parts in any order, visible once all of a bundle is verified',
  arguments: [new Argument('<paths...>', 'parts, or folders with parts (*.sluice)')],
  options: [
    new Option('--server-path', 'the paths are the server’s: nothing is sent'),
    new Option('--follow', 'wait for the end'),
  ],
  examples: ['bundle import /media/stick --follow', 'bundle import --server-path /srv/airgap'],
};

export async function run(context: Context, { paths, serverPath, follow }: Input): Promise<Data> {
  const signedIn = { ...context, api: ownSignIn(context) };
  const begun = serverPath ? await fromServer(signedIn, paths) : await sent(signedIn, paths);
  if (!follow) return begun;
  const items: Data['items'] = [];
  for (const { id } of begun.items) items.push(await followImport(signedIn, id));
  return { ...begun, items };
}

async function fromServer({ api }: Context, paths: readonly string[]): Promise<Data> {
  const all: Data = { items: [], refused: [] };
  for (const path of paths) {
    const { items, refused } = await answer(api.POST('/api/bundles/imports', { body: { path } }));
    all.items.push(...items);
    all.refused.push(...refused);
  }
  return all;
}

async function sent(context: Context, named: readonly string[]): Promise<Data> {
  const bundles = new Map<string, PartFile[]>();
  for (const path of await partPaths(named)) {
    const part = await partFile(path);
    const { issuer, series, serial } = part.manifest;
    const key = `${issuer} ${series} ${serial}`;
    bundles.set(key, [...(bundles.get(key) ?? []), part]);
  }
  const data: Data = { items: [], refused: [] };
  for (const parts of [...bundles.values()].sort((a, b) => a[0]!.manifest.serial - b[0]!.manifest.serial)) {
    try {
      data.items.push(await sentBundle(context, parts));
    } catch (error) {
      // What a stick brought before may lie there still: the others are imported all the same.
      if (!(error instanceof CliError && error.problem) || bundles.size === 1) throw error;
      const { code } = error.problem;
      data.refused.push(...parts.map(({ file }) => ({ path: file, code, message: error.message })));
    }
  }
  return data;
}

async function sentBundle(context: Context, parts: readonly PartFile[]): Promise<Data['items'][number]> {
  const body = { manifest: parts[0]!.head.toString('base64') };
  const { items: begun } = await answer(context.api.POST('/api/bundles/imports', { body }));
  const { id } = begun[0]!;
  for (const part of parts) await sendPart(context, id, part);
  context.progress.clear();
  return answer(context.api.GET('/api/bundles/{id}', { params: { path: { id } } }));
}

export function failure({ items, refused }: Data): CliError | undefined {
  const failed = items.find(({ state }) => state === 'failed' || state === 'stopped');
  if (failed) {
    const { series, serial, state, error, id } = failed;
    return new CliError(
      'bundle_failed',
      `Bundle ${serial} of ${series} ${state}: ${error?.message ?? 'somebody stopped it'}`,
      {
        next: `Nothing of it is visible. What is verified stays: npx sluice bundle resume ${id} goes on.`,
      },
    );
  }
  const isNew = items.length > 0;
  const first = refused.find(({ code }) => !(isNew && code === 'bundle_replayed'));
  return first && new CliError('bundle_failed', first.message);
}

export const views = {
  human: ({ items, refused }: Data, view: View): string => importLines(items, refused, view),
  json: (data: Data): unknown => data,
};
