import type { Schemas } from '@sluice/api-client';
import { InvalidArgumentError, Option } from 'commander';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { CliError } from '../errors.ts';
import { ownSignIn } from '../own-sign-in.ts';
import type { View } from '../views/view.ts';
import { paragraph } from '../views/wrap.ts';

type Audit = Schemas['Audit'];

interface Data extends Omit<Audit, 'next' | 'link_hash'> {
  /** Whether the link that was noted before is the one it was; null when none was given. */
  noted: boolean | null;
}

interface Noted {
  link: number;
  hash: string;
}

export const usage: Usage = {
  words: 'audit verify',
  summary: 'Walk the chain of the audit: is every event still what was written down? Exit 1 when not (administrators)',
  options: [
    new Option(
      '--noted <link:hash>',
      'the last link of an earlier walk: says whether the chain was cut off since',
    ).argParser(notedLink),
  ],
  examples: ['audit verify', 'audit verify --noted 1204:9f2c…'],
};

export async function run(context: Context, { noted }: { noted?: Noted }): Promise<Data> {
  const api = ownSignIn(context);
  const ask = (query: { link: number; event?: number }) => answer(api.GET('/api/audit/verify', { params: { query } }));
  let slice = await ask({ link: 0 });
  let checked = slice.checked;
  while (slice.next) {
    context.progress.show('walking the chain', 0, 0);
    slice = await ask(slice.next);
    checked += slice.checked;
  }
  context.progress.clear();
  const { last, fault } = slice;
  return { checked, last, fault, noted: noted ? await isStill(ask, noted, last) : null };
}

/** The link before it is asked for what comes behind: that it is made of the same says the rest of the walk. */
async function isStill(
  ask: (query: { link: number }) => Promise<Audit>,
  noted: Noted,
  last: Audit['last'],
): Promise<boolean> {
  if (!last || last.link < noted.link) return false;
  const { link_hash } = await ask({ link: noted.link });
  return link_hash === noted.hash;
}

export const failure = ({ fault, noted }: Data): CliError | undefined => {
  if (fault) return new CliError('audit_broken', fault.detail);
  if (noted === false)
    return new CliError(
      'audit_broken',
      'The link that was noted is not in the chain: it was cut off, or written anew.',
    );
  return undefined;
};

export const views = {
  human: ({ checked, last, fault, noted }: Data, view: View): string => {
    if (fault) return paragraph(fault.detail, view);
    const end = last
      ? ` The last link is ${last.link}:${last.hash}; note it to see later whether the chain was cut off.`
      : '';
    const before = noted === null ? '' : noted ? ' The noted link is in it.' : ' The noted link is not in it.';
    return paragraph(`The audit is whole: ${checked.toLocaleString('en-US')} links and events.${before}${end}`, view);
  },
  json: (data: Data): unknown => data,
};

function notedLink(text: string): Noted {
  const [, link, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (link === undefined || hash === undefined) throw new InvalidArgumentError('Give it as it was shown: number:hash.');
  return { link: Number(link), hash };
}
