import { readFile } from 'node:fs/promises';
import type { Schemas } from '@sluice/api-client';
import { Option } from 'commander';
import type { Context, Usage } from '../command.ts';
import { connect } from '../connect.ts';
import { CliError } from '../errors.ts';
import { followMirror } from '../follow-mirror.ts';
import { type Decision, reasonText } from '../mirror-file/decision.ts';
import { findDestination, makeDestination, mustHoldTypes } from '../mirror-file/destination.ts';
import { type Installer, listInstallers, syncInstallers } from '../mirror-file/installers.ts';
import { type MirrorFile, readMirrorFile } from '../mirror-file/mirror-file.ts';
import { readSources } from '../mirror-file/sources.ts';
import { mirrorBody, mirrorFault, planMirror, type ServerSource, startMirror } from '../mirror-file/sync-mirrors.ts';
import {
  type JudgedFolder,
  judgeFolder,
  removeVanished,
  shownFiles,
  syncFolders,
  uploadJudged,
  vanished,
} from '../mirror-file/sync-tree.ts';
import { confirm } from '../prompt.ts';
import { findSite } from '../site.ts';
import { count } from '../views/amounts.ts';
import { table } from '../views/table.ts';
import { plain, type View } from '../views/view.ts';

interface Input {
  file: string;
  verbose?: boolean;
  clean?: boolean;
  dryRun?: boolean;
  serverPath?: boolean;
  includeInstallers?: boolean;
  ca?: string;
  yes?: boolean;
}

interface Data {
  channel: string;
  /** Whether it was made, or would be. */
  created: boolean;
  dry_run: boolean;
  mirrors: { name: string; id: string | null; state: string | null; error: string | null }[];
  /** Of folders of this machine, and with a dry run of all channels: one a package. */
  items: Decision[];
  counts: Record<Decision['action'], number>;
}

export const usage: Usage = {
  words: 'mirror sync',
  summary: 'Mirror what a file of the older tools (Enterprise 5) says, and wait for the end',
  options: [
    new Option('-f, --file <file>', 'the YAML file').makeOptionMandatory(),
    new Option('-v, --verbose', 'say what becomes of every package while it happens'),
    new Option('-c, --clean', 'remove what vanished upstream, but for what the file blacklists'),
    new Option('--dry-run', 'change nothing; one decision a package'),
    new Option('--server-path', 'folders are those of the server, not of this machine'),
    new Option(
      '--include-installers',
      'and the installers of Anaconda and Miniconda below remote_url, as general files',
    ),
    new Option('--ca <file>', 'PEM certificates of the sources, where they are signed privately'),
    new Option('--yes', 'do not ask before removing'),
  ],
  examples: ['mirror sync --file anaconda.yaml', 'mirror sync -vc -f r.yaml', 'mirror sync -f anaconda.yaml --dry-run'],
};

export async function run(given: Context, input: Input): Promise<Data> {
  const file = await readFileOf(input.file);
  const context = await atSite(given, file);
  for (const note of file.notes) context.say(`${input.file}: ${note}`);
  const { serverPath = false, dryRun = false, includeInstallers = false } = input;
  const clean = input.clean ?? file.clean;
  const sources = readSources(file, { home: context.io.home, cwd: process.cwd(), serverPath });
  const found = await findDestination(context, file.dest_channel);
  if (found) mustHoldTypes(found, file, includeInstallers);
  // Folders first: when one cannot be read, nothing was begun.
  const folders: JudgedFolder[] = [];
  for (const source of sources) {
    if (source.kind === 'local') folders.push(...(await judgeFolder(source.folder, file, found)));
  }
  const servers = sources.filter((source) => source.kind === 'server');
  const ca = input.ca === undefined ? undefined : await textOf(input.ca);
  const installers = includeInstallers ? await listInstallers(file, ca) : [];
  const work = { file, clean, ca, servers, folders, installers, exists: found !== undefined, input };
  if (dryRun) return plan(context, work);
  if (!found) await makeDestination(context, file, includeInstallers);
  return sync(context, work);
}

/** The site that the file names, unless the command line names one. */
async function atSite(context: Context, { dest_site }: MirrorFile): Promise<Context> {
  const { io, site } = context;
  if (dest_site === undefined || site.chosenBy === '--url' || site.chosenBy === '--site') return context;
  const named = await findSite(io, { site: dest_site });
  io.trust(named.sslVerify);
  return { ...context, site: named, api: connect(named) };
}

interface Work {
  file: MirrorFile;
  clean: boolean;
  ca: string | undefined;
  servers: readonly ServerSource[];
  folders: readonly JudgedFolder[];
  installers: readonly Installer[];
  exists: boolean;
  input: Input;
}

async function plan(context: Context, work: Work): Promise<Data> {
  const { file, clean, ca, servers, folders, installers, exists, input } = work;
  const items: Decision[] = [];
  for (const server of servers) {
    items.push(...(await planMirror(context, file, server, mirrorBody(file, server, clean, ca), exists)));
  }
  if (folders.length > 0) {
    const shown = exists ? await shownFiles(context, file.dest_channel) : new Map();
    items.push(...(await syncFolders(folders, shown, async () => null, teller(context, input))));
    if (clean) {
      for (const { ckey } of vanished(file, folders, shown)) {
        items.push({ source: file.dest_channel, file: ckey, action: 'remove', reason: null });
      }
    }
  }
  items.push(...(await syncInstallers(context, file.dest_channel, installers, { ca, dryRun: true, exists })));
  const mirrors = servers.map(({ name }) => ({ name, id: null, state: null, error: null }));
  return result(file, { created: !exists, dry_run: true, mirrors, items });
}

async function sync(context: Context, work: Work): Promise<Data> {
  const { file, clean, ca, servers, folders, installers, exists, input } = work;
  const started: Schemas['Mirror'][] = [];
  for (const server of servers) {
    started.push(await startMirror(context, file, server, mirrorBody(file, server, clean, ca)));
  }
  const items: Decision[] = [];
  if (folders.length > 0) {
    const shown = await shownFiles(context, file.dest_channel);
    const bring = (one: Parameters<typeof uploadJudged>[2]) => uploadJudged(context, file.dest_channel, one);
    items.push(...(await syncFolders(folders, shown, bring, teller(context, input))));
    if (clean) items.push(...(await removed(context, file, vanished(file, folders, shown), input)));
  }
  items.push(...(await syncInstallers(context, file.dest_channel, installers, { ca, dryRun: false, exists })));
  const mirrors: Data['mirrors'] = [];
  for (const one of started) {
    const end = await followMirror(context, one);
    context.progress.clear();
    mirrors.push({ name: end.name, id: end.id, state: end.state, error: mirrorFault(end)?.message ?? null });
  }
  return result(file, { created: !exists, dry_run: false, mirrors, items });
}

async function removed(context: Context, file: MirrorFile, gone: ReturnType<typeof vanished>, input: Input) {
  if (gone.length === 0) return [];
  const what = `Remove ${count(gone.length, 'file')} of ${file.dest_channel} that vanished upstream?`;
  await confirm(context.io, what, input.yes);
  return removeVanished(context, file.dest_channel, gone);
}

function result(file: MirrorFile, rest: Omit<Data, 'channel' | 'counts'>): Data {
  const counts = { bring_in: 0, keep: 0, leave_out: 0, remove: 0, failed: 0 };
  for (const { action } of rest.items) counts[action] += 1;
  return { channel: file.dest_channel, ...rest, counts };
}

function teller({ say }: Context, { verbose }: Input): (decision: Decision) => void {
  return (one) => void (verbose && say(plain(`${words[one.action]} ${one.file} ${reasonText(one)}`.trim())));
}

async function readFileOf(path: string): Promise<MirrorFile> {
  const read = readMirrorFile(await textOf(path));
  if ('file' in read) return read.file;
  throw new CliError('mirror_file_refused', `${path}: ${read.faults.join(' ')}`);
}

async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new CliError('file_unreadable', `There is no file ${path} that can be read.`, { cause });
  });
}

export const failure = ({ mirrors, counts }: Data): CliError | undefined => {
  const errors = mirrors.flatMap(({ error }) => error ?? []);
  if (errors.length > 0)
    return new CliError('run_failed', errors.join(' '), { next: 'What is local stays; sync again.' });
  if (counts.failed === 0) return undefined;
  return new CliError('uploads_failed', `${count(counts.failed, 'package')} could not be brought in.`);
};

export const views = {
  human: (data: Data, view: View): string => {
    const shown = data.dry_run ? data.items : data.items.filter(({ action }) => action === 'failed');
    const rows = shown.map((one) => [one.file, words[one.action], reasonText(one)]);
    return [
      ...(rows.length > 0 ? [table(['FILE', 'DECISION', 'WHY'], rows, view), ''] : []),
      ...data.mirrors
        .filter(({ state }) => state !== null)
        .map(({ name, state, error }) => plain(`${name}: ${state}${error === null ? '' : `, ${error}`}`)),
      summaryOf(data),
    ].join('\n');
  },
  json: (data: Data): unknown => data,
};

const words: Record<Decision['action'], string> = {
  bring_in: 'bring in',
  keep: 'is there',
  leave_out: 'leave out',
  remove: 'remove',
  failed: 'FAILED',
};

function summaryOf({ channel, created, dry_run, counts }: Data): string {
  const made = created ? (dry_run ? ' (would be made)' : ' (made)') : '';
  const sums = (Object.keys(words) as Decision['action'][]).flatMap((key) =>
    counts[key] > 0 ? [`${counts[key]} ${words[key]}`] : [],
  );
  return `${channel}${made}: ${sums.length > 0 ? sums.join(', ') : 'the mirrors have run'}.`;
}
