import { existsSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MirrorFile } from './mirror-file.ts';

/** A channel of a mirror file: what the server fetches itself, or a folder of this machine. */
export type SyncSource =
  /** `name`: of the mirror that is made of it, the same at every run. */
  { kind: 'server'; name: string; url: string } | { kind: 'local'; folder: string };

interface Around {
  home: string;
  /** The folder that relative paths begin at. */
  cwd: string;
  /** Whether paths are those of the server. */
  serverPath: boolean;
}

/** Read the channels of a mirror file. @see product.md AE-02, AE-12, AE-15; design.md §7 no. 13 */
export function readSources({ channels, channel_alias, type }: MirrorFile, around: Around): SyncSource[] {
  const sources = channels.map((text) => readSource(text, channel_alias, around));
  // A second Python project list of one index is another mirror; but a file names one only.
  return type === 'conda' ? sources : sources.slice(0, 1);
}

function readSource(text: string, alias: string, { home, cwd, serverPath }: Around): SyncSource {
  if (/^https?:\/\//i.test(text)) return onServer(text);
  if (/^file:/i.test(text)) return atPath(fileURLToPath(text.replace(/^file:\/+/i, 'file:///')), serverPath);
  if (isAbsolute(text)) return atPath(text, serverPath);
  if (text === '~' || text.startsWith('~/')) return atPath(join(home, text.slice(1)), serverPath);
  const isPath = text.startsWith('.') || (!serverPath && existsSync(resolve(cwd, text)));
  return isPath ? atPath(resolve(cwd, text), serverPath) : onServer(`${alias}/${text}`);
}

function atPath(path: string, serverPath: boolean): SyncSource {
  const folder = path.replace(/(?<=.)\/+$/, '');
  return serverPath ? { kind: 'server', name: folder.slice(-longestName), url: folder } : { kind: 'local', folder };
}

const longestName = 128;

/** The name never shows a token or a password of the address. */
function onServer(url: string): SyncSource {
  const plain = url.replace(/\/+$/, '');
  const name = plain
    .replace(/^https?:\/\//i, '')
    .replace(/^[^/@]*@/, '')
    .replace(/\/t\/[^/]+(?=\/|$)/, '');
  return { kind: 'server', name: name.slice(-longestName), url: plain };
}
