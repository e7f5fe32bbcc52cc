import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import type { Schemas } from '@sluice/api-client';
import type { Context } from '../command.ts';
import { CliError } from '../errors.ts';
import { digestOfFile, packageFiles } from '../package-files.ts';
import { gatherAll } from '../paging.ts';
import { uploadOne } from '../upload-one.ts';
import type { Decision } from './decision.ts';
import type { MirrorFile } from './mirror-file.ts';
import { requestSource } from './source-request.ts';

/** An installer as its source lists it. */
export interface Installer {
  /** `Anaconda3-2024.10-1-Linux-x86_64.sh` */
  file: string;
  /** Its URL, or its path on this machine. */
  place: string;
  /** `anaconda3`, `2024.10-1` */
  name: string;
  version: string;
  /** Hex, where the list says it. */
  sha256: string | undefined;
}

/** Where installers are below `remote_url`. @see product.md AE-02 */
const folders = ['archive', 'miniconda'];

const shape = /^((?:Ana|Mini)conda[23]?)-([\w.+-]+?)-(Linux|MacOSX|Windows)-([\w]+)\.(?:sh|exe|pkg)$/;

/** How installers write conda's platforms. */
const platformNames: Record<string, string> = {
  'Linux-x86': 'linux-32',
  'Linux-x86_64': 'linux-64',
  'Linux-aarch64': 'linux-aarch64',
  'Linux-ppc64le': 'linux-ppc64le',
  'Linux-s390x': 'linux-s390x',
  'MacOSX-x86_64': 'osx-64',
  'MacOSX-arm64': 'osx-arm64',
  'Windows-x86': 'win-32',
  'Windows-x86_64': 'win-64',
};

/**
 * The installers below the address of a mirror file, for its platforms. Those called `latest` are copies of others, and would
 * change under one name.
 *
 * @throws {CliError} `source_failed`, `file_unreadable`.
 */
export async function listInstallers(
  { remote_url, filters }: MirrorFile,
  ca: string | undefined,
): Promise<Installer[]> {
  const found: Installer[] = [];
  for (const folder of folders) {
    for (const { file, place, sha256 } of await listFolder(remote_url, folder, ca)) {
      const [, name = '', version = '', system, machine] = shape.exec(file) ?? [];
      const platform = platformNames[`${system}-${machine}`];
      if (platform === undefined || version === 'latest') continue;
      if (filters.subdirs && !filters.subdirs.includes(platform)) continue;
      found.push({ file, place, name: name.toLowerCase(), version, sha256 });
    }
  }
  return found;
}

async function listFolder(base: string, folder: string, ca: string | undefined) {
  if (!/^https?:/.test(base)) {
    const path = join(base.startsWith('file:') ? fileURLToPath(base) : base, folder);
    const names = await readdir(path).catch(() => []);
    return names.sort().map((file) => ({ file, place: join(path, file), sha256: undefined }));
  }
  const url = new URL(`${folder}/`, base).href;
  const page = await text(await requestSource(url, ca));
  // A row of the list has the link, then its size, date and digest.
  return [...page.matchAll(/href="([^"/?#]+)"((?:(?!href=)[\s\S])*)/g)].map(([, href = '', rest = '']) => {
    const file = decodeURIComponent(href);
    return { file, place: new URL(href, url).href, sha256: /\b[0-9a-f]{64}\b/.exec(rest)?.[0] };
  });
}

/** Bring installers in as general files of a channel. With `dryRun` nothing but the decision is made. */
export async function syncInstallers(
  context: Context,
  channel: string,
  installers: readonly Installer[],
  { ca, dryRun, exists }: { ca: string | undefined; dryRun: boolean; exists: boolean },
): Promise<Decision[]> {
  const decisions: Decision[] = [];
  const shown = new Map<string, Schemas['ArtifactFile']>();
  for (const name of new Set(exists ? installers.map((one) => one.name) : [])) {
    for (const one of await shownInstallers(context, channel, name)) shown.set(one.ckey, one);
  }
  for (const one of installers) {
    const file = `files/${one.name}/${one.version}/${one.file}`;
    const there = shown.get(file);
    const isThere = there !== undefined && (one.sha256 === undefined || digestOfFile(there) === one.sha256);
    const reason = isThere || dryRun ? null : await bringIn(context, channel, one, ca);
    decisions.push({ source: 'installers', file, action: isThere ? 'keep' : reason ? 'failed' : 'bring_in', reason });
  }
  return decisions;
}

async function shownInstallers(context: Context, channel: string, name: string): Promise<Schemas['ArtifactFile'][]> {
  const of = { channel, family: 'file', name } as const;
  return gatherAll((query) => packageFiles(context, of, query)).catch((error: unknown) => {
    if (error instanceof CliError && error.problem?.status === 404) return [];
    throw error;
  });
}

/** @returns why it did not come in. */
async function bringIn(
  context: Context,
  channel: string,
  { file, place, name, version, sha256 }: Installer,
  ca: string | undefined,
): Promise<Decision['reason']> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-installer-'));
  try {
    const path = /^https?:/.test(place) ? await fetched(context, { place, file, sha256 }, folder, ca) : place;
    await uploadOne(context, { file: path, channel, general: { name, version }, skipExisting: false });
    return null;
  } catch (error) {
    if (!(error instanceof CliError) || !['source_failed', 'refused', 'file_unreadable'].includes(error.code))
      throw error;
    return { code: error.problem?.code ?? error.code, rule: '', evidence: error.message };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function fetched(
  { progress }: Context,
  { place, file, sha256 }: Pick<Installer, 'place' | 'file' | 'sha256'>,
  folder: string,
  ca: string | undefined,
): Promise<string> {
  const path = join(folder, file);
  const hash = createHash('sha256');
  const message = await requestSource(place, ca);
  const total = Number(message.headers['content-length'] ?? Number.NaN);
  let done = 0;
  const failed = (cause: unknown): never => {
    throw new CliError('source_failed', `${file} could not be fetched.`, { cause });
  };
  await pipeline(
    message,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        done += chunk.byteLength;
        if (total > 0) progress.show(file, done, total, 'bytes');
        yield chunk;
      }
    },
    createWriteStream(path),
  )
    .catch(failed)
    .finally(progress.clear);
  const { size } = await stat(path);
  const digest = hash.digest('hex');
  if ((total > 0 && size !== total) || (sha256 !== undefined && digest !== sha256)) {
    throw new CliError('source_failed', `${file} did not arrive as its source lists it.`, {
      wanted: sha256 ?? `${total} bytes`,
      found: sha256 === undefined ? `${size} bytes` : digest,
    });
  }
  return path;
}
