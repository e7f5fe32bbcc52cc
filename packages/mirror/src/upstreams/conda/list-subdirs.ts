import { isJsonObject, knownSubdirs, parseSubdir } from '@sluice/formats/conda';
import { absentIfNone } from '../absent-if.ts';
import { readBounded } from '../read-bounded.ts';
import type { UpstreamDeps } from '../upstream-deps.ts';
import { channelLocation, channelUrl } from './locate.ts';

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
  const entries = await (await deps.guard.folder(root)).list(isSubdir);
  return entries.filter(({ kind }) => kind === 'folder').map(({ name }) => name);
}

/** Undefined when the channel has no usable channeldata.json. */
async function fromChanneldata(deps: UpstreamDeps): Promise<string[] | undefined> {
  const location = channelLocation(deps.address, 'channeldata.json');
  if (location.kind !== 'http') return undefined;
  const body = await readChanneldata(deps, location.url).catch(absentIfNone);
  return body && subdirsOf(Buffer.from(body).toString());
}

async function readChanneldata(deps: UpstreamDeps, url: string): Promise<Uint8Array> {
  const answer = await deps.http.open({
    url,
    headers: { 'accept-encoding': 'identity' },
    signal: deps.signal,
  });
  return readBounded(answer.body, mostBytes, channelUrl(deps.address, 'channeldata.json'));
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
