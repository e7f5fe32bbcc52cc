import type { Usage } from '../command.ts';
import { usage as channelFiles } from './channel-files.ts';

export { run, views } from './channel-files.ts';

export const usage: Usage = {
  ...channelFiles,
  words: 'packages list-files',
  summary: 'The older tools’ name of channel files',
};
