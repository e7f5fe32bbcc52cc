import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Schemas } from '@sluice/api-client';
import { Argument } from 'commander';
import { channelArgument } from '../channel-flags.ts';
import { channelUrlPath } from '../channel-path.ts';
import type { Context, Usage } from '../command.ts';
import { answer, refused } from '../connect.ts';
import { CliError } from '../errors.ts';
import { dryRunOption, type PatchFlags, subdirOption } from '../patch-flags.ts';
import { sendFile } from '../send-file.ts';
import { sizeOf } from '../size-of.ts';
import { sentOf } from '../views/amounts.ts';
import { patchingView } from '../views/patch.ts';
import type { View } from '../views/view.ts';

type Data = { patching: Schemas['Patching']; dryRun: boolean };
type Input = PatchFlags & { file: string };

export const usage: Usage = {
  words: 'patch set',
  summary: 'Change, revoke or remove records of a channel without touching its packages',
  arguments: [
    channelArgument(),
    new Argument('<file>', 'patch_instructions.json of one subdir, or a patch package (.conda, .tar.bz2) for all'),
  ],
  options: [subdirOption('the subdir that a patch_instructions.json is for'), dryRunOption()],
  examples: [
    'patch set team-a patch_instructions.json --subdir linux-64 --dry-run',
    'patch set team-a conda-forge-repodata-patches-20260529-hd8ed1ab_1.conda',
  ],
};

export async function run(context: Context, input: Input): Promise<Data> {
  const dryRun = input.dryRun === true;
  const isPackage = /\.(conda|tar\.bz2)$/.test(input.file);
  if (isPackage === (input.subdir !== undefined)) {
    throw new CliError('usage', 'Say which subdir a patch_instructions.json is for; a patch package says it itself.', {
      wanted: isPackage ? 'no --subdir' : '--subdir',
    });
  }
  return { patching: await (isPackage ? sendPackage(context, input) : sendDocument(context, input)), dryRun };
}

async function sendDocument({ api }: Context, { channel, file, subdir, dryRun }: Input): Promise<Schemas['Patching']> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new CliError('file_unreadable', `There is no file ${file} that can be read.`, { cause });
  });
  const params = { path: { channel, subdir: subdir! }, query: { dry_run: String(dryRun === true) } };
  return answer(api.PUT('/api/channels/{channel}/patches/{subdir}', { params, body: parsed(file, text) }));
}

function parsed(file: string, text: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CliError('file_unreadable', `${file} is no JSON.`, { wanted: 'a patch_instructions.json', cause });
  }
}

async function sendPackage({ site, progress }: Context, input: Input): Promise<Schemas['Patching']> {
  const { channel, file, dryRun } = input;
  const [fileName, size] = [basename(file), await sizeOf(file)];
  const { status, body } = await sendFile({
    ...{ site, method: 'PUT', file, fileName, size, fields: {} },
    urlPath: `${channelUrlPath(channel)}/patches?dry_run=${dryRun === true}`,
    onProgress: (sent) => progress.show(fileName, sent, size, sentOf(sent, size)),
  }).finally(progress.clear);
  if (status !== 200) throw refused(status, body, site.url);
  return body as Schemas['Patching'];
}

export const views = {
  human: ({ patching, dryRun }: Data, view: View): string => patchingView(patching, dryRun, view),
  json: ({ patching }: Data): unknown => patching,
};
