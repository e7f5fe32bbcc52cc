import { Argument, Option } from 'commander';
import { parseChannelPath } from '../channel-path.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { CliError } from '../errors.ts';
import { errorBody, explain } from '../print-error.ts';
import { type UploadOutcome, uploadOne } from '../upload-one.ts';
import { bytes, count } from '../views/amounts.ts';
import { plain, type View } from '../views/view.ts';
import { paragraph } from '../views/wrap.ts';

interface Input {
  file: string[];
  channel?: string[];
  subdir?: string;
  type?: 'file';
  name?: string;
  version?: string;
  skipExisting?: boolean;
}

interface FileResult {
  file: string;
  channel: string;
  status: UploadOutcome['status'] | 'failed';
  ckey?: string;
  sha256?: string;
  size?: number;
  channel_frozen?: boolean;
  error?: Record<string, unknown>;
}

interface Data {
  items: FileResult[];
  counts: Record<FileResult['status'], number>;
}

export const usage: Usage = {
  words: 'upload',
  summary: 'Upload package files; the same file again changes nothing',
  arguments: [new Argument('<file...>', '.conda, .tar.bz2, .whl, .tar.gz, .zip or .tgz')],
  options: [
    new Option(
      '-c, --channel <channel>',
      'the channel, or channel/subchannel; again for more; left out: your default channel',
    ).argParser((text: string, before: string[] = []) => [...before, parseChannelPath(text)]),
    new Option('--subdir <subdir>', 'refuse a conda file that belongs to another; of R, the tree it goes to'),
    new Option('--type <type>', 'file: general files, such as installers').choices(['file']),
    new Option('--name <name>', 'of general files: what their versions stand under'),
    new Option('--version <version>', 'of general files, if they have one'),
    new Option('--skip-existing', 'leave it be when there is a file of that name'),
  ],
  examples: [
    'upload -c team-a dist/*.conda',
    'upload -c team-a dist/*.whl dist/*.tar.gz',
    'upload -c team-a --type file --name setup --version 1.2 setup.exe',
    'upload -c team-a/dev -c team-a/test tool-1.0-0.conda --skip-existing',
  ],
};

export async function run(context: Context, input: Input): Promise<Data> {
  if ((input.type === 'file') !== (input.name !== undefined)) {
    throw new CliError('usage', 'A general file needs both --type file and --name.', {
      wanted: '--type file --name <name>',
    });
  }
  const items: FileResult[] = [];
  for (const channel of input.channel ?? [await defaultChannel(context)]) {
    for (const file of input.file) items.push(await attempt(context, input, file, channel));
  }
  const counts = { uploaded: 0, unchanged: 0, skipped: 0, failed: 0 };
  for (const { status } of items) counts[status] += 1;
  return { items, counts };
}

async function defaultChannel({ api }: Context): Promise<string> {
  const { default_channel_name } = await answer(api.GET('/api/account'));
  if (default_channel_name !== null) return default_channel_name;
  throw new CliError('usage', 'Say with -c which channel to upload to: your account has no default channel.', {
    wanted: '-c <channel>',
  });
}

/** One file that is refused does not keep the others from being uploaded. */
async function attempt(context: Context, input: Input, file: string, channel: string): Promise<FileResult> {
  const { subdir, name, version, skipExisting = false } = input;
  const general = name === undefined ? undefined : { name, version };
  try {
    const outcome = await uploadOne(context, { file, channel, subdir, general, skipExisting });
    if (outcome.status === 'skipped') return { file, channel, status: 'skipped' };
    const { ckey, sha256, size, channel_frozen } = outcome.artifact;
    return { file, channel, status: outcome.status, ckey, sha256, size, channel_frozen };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    // At once: the rest may take hours.
    context.io.stderr.write(`${[`sluice: ${plain(file)}`, ...explain(error, context.site)].join('\n  ')}\n`);
    return { file, channel, status: 'failed', error: errorBody(error) };
  }
}

export const failure = ({ counts, items }: Data): CliError | undefined =>
  counts.failed === 0
    ? undefined
    : new CliError('uploads_failed', `${counts.failed} of ${count(items.length, 'upload')} failed.`);

export const views = {
  human: ({ items, counts }: Data, view: View): string => {
    const lines = items.map((item) => itemLine(item, view));
    const frozen = [...frozenChannels(items)].map((channel) => paragraph(notShown(channel), view));
    if (items.length === 1) return [...lines, ...frozen].join('\n');
    const sum = Object.entries(counts)
      .filter(([, n]) => n > 0)
      .map(([status, n]) => `${n} ${status}`);
    return [...lines, `${count(items.length, 'upload')}: ${sum.join(', ')}.`, ...frozen].join('\n');
  },
  json: (data: Data): unknown => data,
};

function frozenChannels(items: readonly FileResult[]): Set<string> {
  return new Set(items.flatMap(({ channel, channel_frozen }) => (channel_frozen ? [channel] : [])));
}

function notShown(channel: string): string {
  return `${channel} is frozen: what is new to it is shown once it is unfrozen: npx sluice channel unfreeze ${channel}`;
}

const WORDS: Record<FileResult['status'], string> = {
  uploaded: 'uploaded ',
  unchanged: 'unchanged',
  skipped: 'skipped  ',
  failed: 'FAILED   ',
};

function itemLine({ file, channel, status, ckey, size }: FileResult, view: View): string {
  const word = view.paint(status === 'failed' ? 'red' : status === 'uploaded' ? 'green' : 'dim', WORDS[status]);
  return `${word}  ${plain(ckey ?? file)} to ${channel}${size === undefined ? '' : `, ${bytes(size)}`}`;
}
