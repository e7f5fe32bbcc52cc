import { Argument } from 'commander';
import type { Context, Usage } from '../command.ts';
import { configFile, readConfig, type SslVerify, writeConfig } from '../config-file.ts';
import { keyArgument, settingOf } from '../config-key.ts';

interface Data {
  key: string;
  value: SslVerify;
  file: string;
}

export const usage: Usage = {
  words: 'config set',
  summary: 'Keep a setting of this tool: a site, the default one, how certificates are checked',
  local: true,
  arguments: [keyArgument(), new Argument('<value>', 'of ssl_verify: true, false or a PEM file')],
  examples: [
    'config set sites.master.url https://packages.example.org/api',
    'config set default_site master',
    'config set ssl_verify true',
    'config set sites.master.ssl_verify /etc/ssl/certs/ca-certificates.crt',
  ],
};

export async function run({ io }: Context, { key, value }: { key: string; value: string }): Promise<Data> {
  const setting = settingOf(key);
  const config = await readConfig(io);
  const read = setting.read(value);
  setting.set(config, read);
  await writeConfig(io, config);
  return { key, value: read, file: configFile(io) };
}

export const views = {
  human: ({ key, value }: Data): string => `${key}: ${value}`,
  json: (data: Data): unknown => data,
};
