import { InvalidArgumentError, Option } from 'commander';
import { parseChannelPath } from './channel-path.ts';
import { commaListOption } from './list-option.ts';

/** One channel that a token may touch, and how far. */
export interface TokenResource {
  channel: string;
  permission: 'read' | 'write' | 'manage';
}

/** What can be said of a token on the command line. */
export interface TokenFlags {
  expires?: string;
  days: number;
  scopes?: string[];
  allScopes?: boolean;
  resource?: TokenResource[];
}

const permissions = ['read', 'write', 'manage'] as const;

/** The options of {@link TokenFlags}. */
export const tokenOptions: readonly Option[] = [
  new Option('--resource <channel:permission>', 'a channel it may read, write or manage; again for more').argParser(
    parseResource,
  ),
  commaListOption('--scopes <list>', 'what it may do; npx sluice token scopes lists them').conflicts([
    'resource',
    'allScopes',
  ]),
  new Option('--all-scopes', 'it may do all you may do').conflicts('resource'),
  new Option('--days <n>', 'days it is good for').argParser(parseDays).default(30),
  new Option('--expires <when>', 'last day it is good for (2026-12-31, UTC), or the instant it ends'),
];

function parseResource(text: string, before: TokenResource[] = []): TokenResource[] {
  const colon = text.lastIndexOf(':');
  const permission = permissions.find((one) => one === text.slice(colon + 1));
  if (colon < 1 || permission === undefined) {
    throw new InvalidArgumentError('Give a channel and read, write or manage: team-a/dev:read.');
  }
  return [...before, { channel: parseChannelPath(text.slice(0, colon)), permission }];
}

function parseDays(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('Give a number of days.');
  return Number(text);
}
