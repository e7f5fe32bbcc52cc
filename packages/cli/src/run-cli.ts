import type { Context } from './command.ts';
import { commands } from './commands.ts';
import { connect } from './connect.ts';
import type { CliError } from './errors.ts';
import type { Io } from './io.ts';
import { printError } from './print-error.ts';
import { parseCommandLine } from './program.ts';
import { createProgress } from './progress.ts';
import { findSite, noSite, type Site } from './site.ts';
import { viewOf } from './views/view.ts';

/** Do what the command line says. @returns the exit status. */
export async function runCli(argv: readonly string[], io: Io): Promise<number> {
  let site: Site | undefined;
  const json = argv.includes('--json');
  const debug = argv.includes('--debug');
  try {
    const { command, input, globals } = await parseCommandLine(argv, commands, io);
    const { quiet = false } = globals;
    site = command.usage.local ? noSite : await findSite(io, globals);
    io.trust(site.sslVerify);
    const context: Context = {
      io,
      site,
      api: connect(site),
      say: (line) => void (quiet || io.stderr.write(`${line}\n`)),
      progress: createProgress({ stderr: io.stderr, quiet }),
      line: (data) => void (json && io.stdout.write(asLine(data))),
    };
    const data = await command.run(context, input).finally(() => context.progress.clear());
    const print = command.lines?.(input) ? asLine : asJson;
    io.stdout.write(json ? print(command.views.json(data)) : `${command.views.human(data, viewOf(io))}\n`);
    const failure: CliError | undefined = command.failure?.(data, input);
    return failure ? printError(failure, { io, site, json, debug, dataShown: true }) : 0;
  } catch (error) {
    return printError(error, { io, site, json, debug });
  }
}

function asLine(data: unknown): string {
  return `${JSON.stringify(data)}\n`;
}

function asJson(data: unknown): string {
  return `${JSON.stringify(data, null, 2)}\n`;
}
