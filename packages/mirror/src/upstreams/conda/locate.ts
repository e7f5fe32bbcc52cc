import { MirrorError } from '../../errors.ts';
import { redact } from '../../redact.ts';
import { type SourceAddress, withSecret } from '../../source-address.ts';
import { type Location, locationOf } from '../location.ts';

const packageFile = /^[^/\\]+\.(conda|tar\.bz2)$/;

/** Address of something in a channel, without secrets: what may be stored and shown. `path` is already in URL form. */
export function channelUrl(address: SourceAddress, path: string): string {
  return `${address.url}/${path}`;
}

/** The same as a place to read from. */
export function channelLocation(address: SourceAddress, path: string): Location {
  return locationOf(new URL(`${withSecret(address.url, address.secret)}/${path}`));
}

/**
 * Where the bytes of a package file are: beside the document, or below its `info.base_url`, which is absolute or relative
 * to the document (CEP 15). The source's credentials go along only to the source's own origin.
 *
 * @throws {MirrorError} `upstream_malformed` for a base_url that is none, `source_refused` for one that leads from the
 *   network to this machine's files.
 */
export function packageLocation(
  address: SourceAddress,
  subdir: string,
  file: string,
  baseUrl: string | null,
): Location {
  if (!packageFile.test(file))
    throw malformed(`The index of ${subdir} lists ${file}, which is no package file name.`, file);
  return locationBelow(address, subdir, baseUrl, file);
}

/**
 * Where a file is that an index of `subdir` puts below a base URL of its own; null for beside the index.
 *
 * @throws {MirrorError} as {@link packageLocation}.
 */
export function locationBelow(address: SourceAddress, subdir: string, baseUrl: string | null, file: string): Location {
  const home = new URL(`${withSecret(address.url, address.secret)}/${subdir}/`);
  if (baseUrl === null) return locationOf(new URL(encodeURIComponent(file), home));
  const slashed = baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`;
  if (!URL.canParse(slashed, home.href)) {
    throw malformed(`The index of ${subdir} gives ${redact(baseUrl)} as base_url, which is no URL.`, redact(baseUrl));
  }
  const base = new URL(slashed, home);
  if (base.protocol === 'file:' && home.protocol !== 'file:') {
    throw new MirrorError(
      'source_refused',
      `The index of ${subdir} gives ${baseUrl} as base_url: a channel of the network cannot lie in files of this server.`,
      {
        found: baseUrl,
      },
    );
  }
  if (base.origin === home.origin && base.protocol !== 'file:') {
    base.username ||= home.username;
    base.password ||= home.password;
    const token = address.secret.token;
    if (token !== undefined && !base.pathname.includes('/t/')) base.pathname = `/t/${token}${base.pathname}`;
  } else {
    base.username = '';
    base.password = '';
  }
  return locationOf(new URL(encodeURIComponent(file), base));
}

function malformed(message: string, found: string): MirrorError {
  return new MirrorError('upstream_malformed', message, { found });
}
