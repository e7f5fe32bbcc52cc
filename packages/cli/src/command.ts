import type { ApiClient } from '@sluice/api-client';
import type { Argument, Option } from 'commander';
import type { CliError } from './errors.ts';
import type { Io } from './io.ts';
import type { Progress } from './progress.ts';
import type { Site } from './site.ts';
import type { View } from './views/view.ts';

/** How a command is called, and what `--help` says about it. */
export interface Usage {
  /** The words after `sluice`: `mirror create`. */
  words: string;
  /** Another last word for the same. */
  alias?: string;
  summary: string;
  /** It is about this machine alone: no server is looked for. */
  local?: true;
  arguments?: readonly Argument[];
  options?: readonly Option[];
  /** What comes after `sluice`, one a line of the help. */
  examples?: readonly string[];
}

/** What a command works with. */
export interface Context {
  io: Io;
  site: Site;
  /** The server, as whoever is signed in. */
  api: ApiClient;
  /** A line for the person, on stderr; nothing when `--quiet`. */
  say(line: string): void;
  progress: Progress;
  /** With `--json`: a line of JSON on stdout for something on the way; see {@link CommandModule.lines}. Else nothing. */
  line(data: unknown): void;
}

/**
 * A command: one file of `commands/`. Its input are its arguments and options by name, in camel case. It returns what it
 * learned; the views say it, and `--json` chooses between them.
 */
export interface CommandModule {
  usage: Usage;
  run(context: Context, input: object): Promise<unknown>;
  views: { human(data: unknown, view: View): string; json(data: unknown): unknown };
  /** Whether with `--json` this call answers with one line for each value; then the last one is what it returns. */
  lines?(input: object): boolean;
  /** The data tells of a failure all the same: it is shown, and then this. */
  failure?(data: unknown, input: object): CliError | undefined;
}
