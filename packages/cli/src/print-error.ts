import { CommanderError } from 'commander';
import { CliError, type CliErrorCode } from './errors.ts';
import type { Io } from './io.ts';
import type { Site } from './site.ts';
import { plain, viewOf } from './views/view.ts';

const REFUSED_OR_FAILED = 1;
const USAGE = 2;

/** What the error is printed with. */
export interface ErrorContext {
  io: Pick<Io, 'stdout' | 'stderr' | 'env'>;
  /** The server, once it is known. */
  site?: Pick<Site, 'url' | 'signedInBy'> | undefined;
  json: boolean;
  /** With stack and causes. */
  debug: boolean;
  /** stdout has its JSON already. */
  dataShown?: boolean;
}

/**
 * Tell the person what went wrong, on stderr; with `json` also on stdout. The only place that turns a code into an exit status.
 *
 * @returns 1 when refused or failed, 2 when the command line is wrong; 0 for help that was asked for.
 */
export function printError(error: unknown, { io, site, json, debug, dataShown = false }: ErrorContext): number {
  if (error instanceof CommanderError) {
    // Commander has said it already.
    if (error.exitCode === 0) return 0;
    if (json) io.stdout.write(asJson({ code: 'usage', detail: plain(error.message.replace(/^error: /, '')) }));
    return USAGE;
  }
  const { paint } = viewOf({ stdout: io.stderr, env: io.env });
  const lines = error instanceof CliError ? explain(error, site) : unexpected(error);
  io.stderr.write(
    `${[paint('red', 'sluice: ') + lines[0], ...lines.slice(1).map((line) => `  ${line}`)].join('\n')}\n`,
  );
  if (debug) io.stderr.write(`${chain(error)}\n`);
  if (json && !dataShown) io.stdout.write(asJson(error instanceof CliError ? errorBody(error) : unknownBody(error)));
  return error instanceof CliError && error.code === 'usage' ? USAGE : REFUSED_OR_FAILED;
}

/** An error as lines for a person: what happened, wanted and found, every issue, what to do next. */
export function explain(error: CliError, site?: Pick<Site, 'url' | 'signedInBy'>): string[] {
  const { problem } = error;
  const issues = problem?.issues ?? [];
  const message = issues.reduce((text, issue) => text.replace(issue.path, fieldOf(issue)), error.message);
  const headline = issues.length > 1 ? `The server refuses this; ${issues.length} things are wrong:` : plain(message);
  const next = error.next ?? nextStep(error, site);
  const isNews = (text?: string): text is string => text !== undefined && !headline.includes(plain(text));
  return [
    problem ? `${headline} (${problem.status} ${plain(problem.code)})` : headline,
    ...(issues.length > 1 ? issues.map((issue) => plain(`- ${fieldOf(issue)}: ${issue.message}`)) : []),
    ...(isNews(error.wanted) ? [`wanted: ${plain(error.wanted)}`] : []),
    ...(isNews(error.found) ? [`found:  ${plain(error.found)}`] : []),
    ...(next === undefined ? [] : [`next:   ${plain(next)}`]),
  ];
}

/** What was wrong, without where in the request: who wrote a command line knows of no body. */
function fieldOf({ path }: { path: string }): string {
  return path.replace(/^body\./, '');
}

/** An error as JSON. */
export function errorBody(error: CliError): Record<string, unknown> {
  const { problem, wanted, found } = error;
  return problem ? { ...problem } : { code: error.code satisfies CliErrorCode, detail: error.message, wanted, found };
}

function nextStep({ problem }: CliError, site?: Pick<Site, 'url' | 'signedInBy'>): string | undefined {
  if (!problem) return undefined;
  if (problem.code === 'unauthenticated') {
    if (site?.signedInBy === 'SLUICE_TOKEN')
      return 'Put a token that is in force into SLUICE_TOKEN, or unset it and npx sluice login.';
    return `Sign in: npx sluice login${site ? ` --url ${site.url}` : ''}`;
  }
  if (problem.status >= 500)
    return `Try again; if it stays, look into the server's log for request ${problem.request_id}.`;
  return undefined;
}

function unexpected(error: unknown): string[] {
  const message = error instanceof Error ? error.message : String(error);
  return [`${plain(message)}`, 'next:   This was not foreseen. Run it again with --debug and report what it says.'];
}

function unknownBody(error: unknown): Record<string, unknown> {
  return { code: 'unexpected', detail: error instanceof Error ? error.message : String(error) };
}

function asJson(error: Record<string, unknown>): string {
  return `${JSON.stringify({ error }, null, 2)}\n`;
}

function chain(error: unknown): string {
  const stacks: string[] = [];
  for (let one = error; one instanceof Error; one = one.cause) stacks.push(one.stack ?? String(one));
  return stacks.join('\ncaused by ');
}
