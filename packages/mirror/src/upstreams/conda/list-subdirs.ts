import { readdir } from 'node:fs/promises';
import { isJsonObject, knownSubdirs, parseSubdir } from '@sluice/formats/conda';
import { MirrorError } from '../../errors.ts';
import { proxyWithSecret } from '../../source-address.ts';
import type { UpstreamDeps } from '../upstream-deps.ts';
import { channelLocation } from './locate.ts';

const mostBytes = 256 * 1024 * 1024;

/**
 * The subdirs a channel may have, for a mirror that names none: those of its `channeldata.json`, else all that conda
 * knows; of a folder, the subfolders with such a name. `noarch` is always one of them.
 *
 * @throws {MirrorError} what {@link UpstreamDeps.http} throws; `upstream_missing` for a folder that is not there.
 */
export async function listSubdirs(deps: UpstreamDeps): Promise<string[]> {
  const root = channelLocation(deps.address, '');
  const named = root.kind === 'file' ? await subfolders(deps, root.path) : await fromChanneldata(deps);
  return [...new Set(['noarch', ...(named ?? knownSubdirs)])].sort();
}

async function subfolders(deps: UpstreamDeps, root: string): Promise<string[]> {
  const entries = await readdir(await deps.guard.path(root), { withFileTypes: true });
  return entries.filter((entry) => !entry.isFile() && isSubdir(entry.name)).map((entry) => entry.name);
}

/** Undefined when the channel has no usable channeldata.json. */
async function fromChanneldata(deps: UpstreamDeps): Promise<string[] | undefined> {
  const location = channelLocation(deps.address, 'channeldata.json');
  if (location.kind !== 'http') return undefined;
  try {
    const answer = await deps.http.open({
      url: location.url,
      headers: { 'accept-encoding': 'identity' },
      proxy: proxyWithSecret(deps.address.proxy, deps.address.secret),
      signal: deps.signal,
    });
    const parts: Uint8Array[] = [];
    let length = 0;
    for await (const part of answer.body) {
      parts.push(part);
      length += part.length;
      if (length > mostBytes) return undefined;
    }
    return subdirsOf(Buffer.concat(parts).toString());
  } catch (error) {
    const none =
      error instanceof MirrorError &&
      ['upstream_missing', 'upstream_denied', 'upstream_malformed'].includes(error.code);
    if (none) return undefined;
    throw error;
  }
}

function subdirsOf(text: string): string[] | undefined {
  try {
    const data: unknown = JSON.parse(text);
    if (!isJsonObject(data) || !Array.isArray(data.subdirs)) return undefined;
    return data.subdirs.filter((subdir): subdir is string => typeof subdir === 'string' && isSubdir(subdir));
  } catch {
    return undefined;
  }
}

function isSubdir(text: string): boolean {
  try {
    parseSubdir(text);
    return true;
  } catch {
    return false;
  }
}
