import type { Context, Usage } from '../command.ts';
import { readConfig, writeConfig } from '../config-file.ts';
import { keyArgument, settingOf } from '../config-key.ts';

interface Data {
  key: string;
  /** Whether it was set. */
  removed: boolean;
}

export const usage: Usage = {
  words: 'config unset',
  summary: 'Forget a setting',
  local: true,
  arguments: [keyArgument()],
  examples: ['config unset sites.master.ssl_verify'],
};

export async function run({ io }: Context, { key }: { key: string }): Promise<Data> {
  const setting = settingOf(key);
  const config = await readConfig(io);
  const removed = setting.get(config) !== undefined;
  setting.set(config, undefined);
  if (removed) await writeConfig(io, config);
  return { key, removed };
}

export const views = {
  human: ({ key, removed }: Data): string => (removed ? `${key} is forgotten.` : `${key} was not set.`),
  json: (data: Data): unknown => data,
};
