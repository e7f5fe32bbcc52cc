import { Command, Option } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import type { CommandModule } from './command.ts';
import type { Io } from './io.ts';

/** The options of every command. */
export interface GlobalOptions {
  url?: string;
  site?: string;
  json?: boolean;
  quiet?: boolean;
  debug?: boolean;
}

/** A command as it was called. */
export interface Call {
  command: CommandModule;
  input: object;
  globals: GlobalOptions;
}

const nouns: Record<string, string> = {
  audit: 'the chain that shows whether the history was tampered with',
  bundle: 'channels on a disk, for networks that are cut off',
  'bundle schedule': 'bundles that are made by the clock',
  'bundle trust': 'whose bundles are believed',
  channel: 'channels and what is in them',
  'channel notice': 'notices that clients show to their users',
  publication: 'what a channel has published: the past, read, compared, named, shown again',
  maintenance: 'what nothing needs, and whether everything fits together',
  mirror: 'mirrors of other channels',
  patch: 'what a channel changes in what its index says of packages',
  reserved: 'names that no mirror brings in',
  token: 'tokens for programs and clients',
  setup: 'the settings that point a client at a channel',
  config: 'settings of this tool: sites, and how their certificates are checked',
  condarc: 'the settings of conda on this machine',
  packages: 'what the older tools called so',
};

/**
 * Read a command line.
 *
 * @returns the command with its input; throws commander's error when help was asked for or the line is wrong, having said so.
 */
export async function parseCommandLine(
  argv: readonly string[],
  commands: readonly CommandModule[],
  io: Pick<Io, 'stdout' | 'stderr'>,
): Promise<Call> {
  let call: Call | undefined;
  const program = baseProgram(io);
  const groups = new Map<string, Command>([['', program]]);
  for (const command of commands) {
    const words = command.usage.words.split(' ');
    const leaf = groupOf(groups, words.slice(0, -1)).command(words.at(-1)!);
    describe(leaf, command);
    leaf.action(() => {
      const names = leaf.registeredArguments.map((argument) => camelCase(argument.name()));
      const given = Object.fromEntries(names.map((name, i) => [name, leaf.processedArgs[i]]));
      call = { command, input: { ...given, ...leaf.opts() }, globals: program.opts() };
    });
  }
  await program.parseAsync(newSpelling(argv), { from: 'user' });
  return call!;
}

function baseProgram(io: Pick<Io, 'stdout' | 'stderr'>): Command {
  return new Command('sluice')
    .description('The command line of Sluice, a governed package repository.')
    .version(manifest.version, '-V, --version')
    .addOption(new Option('--url <url>', 'the server; before SLUICE_URL and the last sign-in'))
    .addOption(new Option('--site <name>', 'the server that config set sites.<name>.url names'))
    .addOption(new Option('--json', 'answer in JSON on stdout, and nothing else there'))
    .addOption(new Option('--quiet', 'no progress'))
    .addOption(new Option('--debug', 'on an error, show where it came from'))
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false, minWidthToWrap: 24 })
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'sluice: ')),
    })
    .showHelpAfterError('(--help says how it is called.)')
    .exitOverride()
    .addHelpText('after', footer);
}

const footer = `
Environment:
  SLUICE_URL     the server, http://127.0.0.1:8080 when nothing else says so
  SLUICE_TOKEN   the token to show; before any sign-in

Exit status: 0 done, 1 refused or failed, 2 the command line is wrong.`;

function groupOf(groups: Map<string, Command>, words: string[]): Command {
  const path = words.join(' ');
  const known = groups.get(path);
  if (known) return known;
  const group = groupOf(groups, words.slice(0, -1))
    .command(words.at(-1)!)
    .description(nouns[path] ?? '');
  // As the older tools say it.
  if (path === 'channel') group.alias('channels');
  groups.set(path, group);
  return group;
}

function describe(leaf: Command, { usage }: CommandModule): void {
  leaf.description(usage.summary).allowExcessArguments(false);
  if (usage.alias !== undefined) leaf.alias(usage.alias);
  for (const argument of usage.arguments ?? []) leaf.addArgument(argument);
  for (const option of usage.options ?? []) leaf.addOption(option);
  if (!usage.examples?.length) return;
  leaf.addHelpText('after', `\nExamples:\n${usage.examples.map((line) => `  npx sluice ${line}`).join('\n')}`);
}

/** `--only_spec` is `--only-spec`: the tools before this one wrote underscores. */
function newSpelling(argv: readonly string[]): string[] {
  const end = argv.indexOf('--');
  return argv.map((word, i) =>
    end >= 0 && i > end ? word : word.replace(/^--[a-z][a-z_-]*/, (name) => name.replaceAll('_', '-')),
  );
}

function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
