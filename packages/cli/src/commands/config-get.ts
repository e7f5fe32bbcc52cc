import type { Context, Usage } from '../command.ts';
import { readConfig, type SslVerify } from '../config-file.ts';
import { keyArgument, settingOf } from '../config-key.ts';
import { CliError } from '../errors.ts';

interface Data {
  key: string;
  value: SslVerify;
}

export const usage: Usage = {
  words: 'config get',
  summary: 'Say what a setting is',
  local: true,
  arguments: [keyArgument()],
  examples: ['config get default_site'],
};

export async function run({ io }: Context, { key }: { key: string }): Promise<Data> {
  const value = settingOf(key).get(await readConfig(io));
  if (value === undefined) throw new CliError('setting_missing', `${key} is not set.`, { found: 'nothing' });
  return { key, value };
}

export const views = {
  human: ({ value }: Data): string => String(value),
  json: (data: Data): unknown => data,
};
