import type { Context, Usage } from '../command.ts';
import { type Config, configFile, readConfig } from '../config-file.ts';
import { settingsOf } from '../config-key.ts';
import { fields } from '../views/table.ts';
import type { View } from '../views/view.ts';

interface Data extends Config {
  file: string;
}

export const usage: Usage = { words: 'config show', summary: 'Show all settings of this tool', local: true };

export const run = async ({ io }: Context): Promise<Data> => ({ ...(await readConfig(io)), file: configFile(io) });

export const views = {
  human: ({ file, ...config }: Data, view: View): string =>
    fields([...settingsOf(config).map(([key, value]) => [key, String(value)] as const), ['file', file]], view),
  json: (data: Data): unknown => data,
};
