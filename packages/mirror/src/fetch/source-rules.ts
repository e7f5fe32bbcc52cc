import type { BlockList } from 'node:net';
import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MirrorError } from '../errors.ts';
import { list } from './address-class.ts';

/** What `SLUICE_SOURCES` allows beyond the default (design.md §6). */
export interface SourceRules {
  any: boolean;
  /** No machine is asked for anything, not even DNS; only folders of this one are read. */
  none: boolean;
  networks: BlockList;
  /** Host names in lower case; `*.example.org` stands for every name below. */
  hosts: ReadonlySet<string>;
  /** Absolute folders below which `file:` sources may lie. */
  roots: readonly string[];
}

const hostName = /^(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?$/i;
const looksLikeAddress = /^[0-9.]+(\/|$)|:|\//;

/**
 * Read `SLUICE_SOURCES`: CIDRs, addresses, host names and `file:` roots between commas or blanks, or `any`; or `none`, beside
 * which only `file:` roots may stand.
 *
 * @param airgapRoot the folder of `file:` sources that needs no setting, `<data>/airgap`.
 * @throws {MirrorError} `source_url` naming the word that is none of these; a start of the server should stop there.
 */
export function parseSourceRules(text: string | undefined, airgapRoot: string): SourceRules {
  const words = (text ?? '').split(/[\s,]+/).filter((word) => word !== '');
  const networks: string[] = [];
  const hosts = new Set<string>();
  const roots = [resolve(airgapRoot)];
  let any = false;
  let none = false;
  for (const word of words) {
    if (word === 'any') any = true;
    else if (word === 'none') none = true;
    else if (word.startsWith('file:')) roots.push(rootOf(word));
    else if (looksLikeAddress.test(word)) networks.push(checked(word));
    else if (hostName.test(word)) hosts.add(word.toLowerCase().replace(/\.$/, ''));
    else throw unreadable(word);
  }
  if (none && (any || networks.length > 0 || hosts.size > 0)) throw contradicting(words);
  return { any, none, networks: list(networks), hosts, roots };
}

function rootOf(word: string): string {
  try {
    return resolve(fileURLToPath(word));
  } catch (cause) {
    const path = word.slice('file:'.length);
    if (isAbsolute(path) && !path.startsWith('//')) return resolve(path);
    throw unreadable(word, cause);
  }
}

function checked(word: string): string {
  const bare = word.replace(/^\[(.*)\]/, '$1');
  try {
    list([bare]);
    return bare;
  } catch (cause) {
    throw unreadable(word, cause);
  }
}

function contradicting(words: readonly string[]): MirrorError {
  return new MirrorError(
    'source_url',
    'SLUICE_SOURCES: none allows no machine at all. Only file: roots can stand beside it.',
    { wanted: 'none and file: roots', found: words.join() },
  );
}

function unreadable(word: string, cause?: unknown): MirrorError {
  return new MirrorError(
    'source_url',
    `SLUICE_SOURCES: cannot read "${word}". Write CIDRs, host names or file: roots between commas, or any, or none.`,
    {
      wanted: 'CIDR, host name, file:///folder, any or none',
      found: word,
      cause,
    },
  );
}
