import { findRecordVersion, findSourceName } from '@sluice/catalog';
import { packageNameOf } from '@sluice/formats/package';
import { readSimpleFile, type SimpleFile } from '@sluice/formats/pypi';
import { MirrorError } from '../../errors.ts';
import { redact } from '../../redact.ts';
import { type SourceAddress, type SourceSecret, withSecret } from '../../source-address.ts';
import type { ListedFile, LocateDeps } from '../listed-file.ts';
import { type Location, locationOf } from '../location.ts';

/** A listed file as its project's page describes it, and where that page was. */
export interface DescribedFile {
  described: SimpleFile;
  pageUrl: string;
}

/** What was noted of a file when its page was read. @throws {MirrorError} `mirror_missing` when that is gone. */
export async function describedFile({ db }: LocateDeps, { part, file, from_rev }: ListedFile): Promise<DescribedFile> {
  const name = packageNameOf('python', file);
  const [record, known] = [
    await findRecordVersion(db, part, file, from_rev),
    await findSourceName(db, { ...part, name }),
  ];
  const url = known?.meta.url;
  if (!record || typeof url !== 'string') {
    throw new MirrorError('mirror_missing', `Where ${file} came from is not known any more.`, { found: file });
  }
  return { described: readSimpleFile(new TextDecoder().decode(record.body)), pageUrl: url };
}

/**
 * Where something is that a project's page gives an address for, absolute or relative to the page. The source's credentials go
 * along only to the source's own origin.
 *
 * @param href as the page has it.
 * @throws {MirrorError} `upstream_malformed` for what is no address, `source_refused` for one that leads from the network to
 *   this machine's files.
 */
export function linkLocation(address: SourceAddress, pageUrl: string, href: string, file: string): Location {
  if (!URL.canParse(href, pageUrl)) {
    throw new MirrorError(
      'upstream_malformed',
      `The page that lists ${file} gives ${redact(href)} as its address, which is no URL.`,
      {
        found: redact(href),
      },
    );
  }
  const url = new URL(href, pageUrl);
  url.hash = '';
  const home = new URL(address.url);
  if (url.protocol === 'file:' && home.protocol !== 'file:') {
    throw new MirrorError(
      'source_refused',
      `The page that lists ${file} gives ${redact(href)} as its address: what an index of the network lists cannot lie in files of this server.`,
      { found: redact(href) },
    );
  }
  if (url.protocol === 'file:') return locationOf(url);
  // A user in an index's own links is not ours to send anywhere.
  [url.username, url.password] = ['', ''];
  return { kind: 'http', url: url.origin === home.origin ? withSecret(url.href, address.secret) : url.href };
}

/** The URL of a metadata or signature file beside a file: PEP 658 puts the ending behind the path. */
export function besideLink(href: string, ending: string): string {
  const [, path = '', rest = ''] = /^([^?#]*)(.*)$/s.exec(href) ?? [];
  return `${path}${ending}${rest}`;
}

/** The address of a page as it may be stored: `***` stands for the token of the source. */
export function storedUrl(url: string, secret: SourceSecret): string {
  const bare = new URL(url);
  // What a redirect appends may be a signature, and nothing is relative to it.
  [bare.username, bare.password, bare.search, bare.hash] = ['', '', '', ''];
  if (secret.token !== undefined) bare.pathname = bare.pathname.replace(`/t/${secret.token}/`, '/t/***/');
  return bare.href;
}
