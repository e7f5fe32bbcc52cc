import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  isProjectName,
  normaliseProjectName,
  readPythonFileName,
  type SimpleEntry,
  type SimpleFile,
  writeSimpleFile,
} from '@sluice/formats/pypi';
import type { Validators } from '../../fetch/validators.ts';
import { absentIfMissing } from '../absent-if.ts';
import { openFolderFile } from '../folder-file.ts';
import { readBounded } from '../read-bounded.ts';
import type { UpstreamDeps } from '../upstream-deps.ts';
import { type PageAnswer, readPage } from './ask-page.ts';

const mostBytes = 128 * 1024 * 1024;

/** Pages of a plain tree, the form we like best first. */
const indexes = { 'index.json': 'application/json', 'index.html': 'text/html' };

/**
 * A project of an index that lies in a folder of this machine: a plain tree (`<project>/index.html`), or wheels and source
 * distributions as they lie, in the folder itself or in one of the project's. Sizes and times of change are the validators.
 *
 * @throws {MirrorError} `source_refused` outside the allowed roots; `upstream_malformed`; `upstream_unavailable` (transient)
 *   when a file changes meanwhile.
 */
export async function folderPage(
  deps: UpstreamDeps,
  root: string,
  name: string,
  known: Validators | undefined,
): Promise<PageAnswer> {
  const home = fileURLToPath(root);
  const entries = await (await deps.guard.folder(home)).list(
    (entry) => isProjectName(entry) && normaliseProjectName(entry) === name,
  );
  const folder = entries.find(({ kind }) => kind === 'folder');
  if (folder) {
    const page = await treePage(deps, join(home, folder.name), name, known);
    if (page) return page;
  }
  const inside = folder ? await filesOf(deps, join(home, folder.name)) : [];
  const bare = [...(await filesOf(deps, home)), ...inside].filter(
    ({ file }) => readPythonFileName(file)?.name === name,
  );
  return bare.length === 0 ? { status: 'absent' } : barePage(deps, home, bare, name, known);
}

/** The names of projects that a folder has, as written there; of a plain tree with an index of its own, too. */
export async function folderNames(deps: UpstreamDeps, root: string): Promise<string[]> {
  const home = await deps.guard.folder(fileURLToPath(root));
  const names = new Map<string, string>();
  for (const { name: entry, kind } of await home.list()) {
    const name = kind === 'folder' && isProjectName(entry) ? entry : readPythonFileName(entry)?.writtenName;
    if (name !== undefined && !names.has(normaliseProjectName(name))) names.set(normaliseProjectName(name), name);
  }
  return [...names.values()];
}

async function treePage(
  deps: UpstreamDeps,
  folder: string,
  name: string,
  known: Validators | undefined,
): Promise<PageAnswer | undefined> {
  for (const [index, type] of Object.entries(indexes)) {
    const path = join(folder, index);
    const url = pathToFileURL(path).href;
    const file = await openFolderFile(deps, path, { url, etag: known?.etag ?? null });
    if (file === 'unchanged') return { status: 'unchanged' };
    if (file === undefined) continue;
    const body = await readBounded(file.bytes, mostBytes, url);
    const page = readPage(body, type, name, url);
    const sha256 = createHash('sha256').update(body).digest();
    return { status: 'page', asked: { page, url, sha256, etag: file.etag, lastModified: null } };
  }
  return undefined;
}

interface BareFile {
  file: string;
  path: string;
  size: number;
  mtimeMs: number;
}

async function filesOf(deps: UpstreamDeps, folder: string): Promise<BareFile[]> {
  const home = await deps.guard.folder(folder).catch(absentIfMissing);
  const entries = (await home?.list((name) => readPythonFileName(name) !== undefined)) ?? [];
  return entries.flatMap(({ name: file, kind }) => {
    const look = kind === 'file' ? home!.look(file) : undefined;
    return look ? [{ file, path: join(folder, file), ...look }] : [];
  });
}

async function barePage(
  deps: UpstreamDeps,
  home: string,
  bare: readonly BareFile[],
  name: string,
  known: Validators | undefined,
): Promise<PageAnswer> {
  const listed = bare.map(({ path, size, mtimeMs }) => `${path} ${size} ${mtimeMs}`).sort();
  const sha256 = createHash('sha256').update(listed.join('\n')).digest();
  const etag = `"${sha256.toString('hex')}"`;
  if (known?.etag === etag) return { status: 'unchanged' };
  const files: SimpleEntry[] = [];
  for (const { file, path, size, mtimeMs } of bare) {
    const described: SimpleFile = {
      filename: file,
      url: pathToFileURL(path).href,
      hashes: { sha256: await digestOf(deps, path) },
      size,
      uploadTime: new Date(mtimeMs).toISOString(),
      yanked: false,
      coreMetadata: false,
    };
    files.push({ ...described, text: writeSimpleFile(described) });
  }
  const page = {
    name,
    status: 'active' as const,
    statusReason: undefined,
    files,
    passedOver: 0,
    lastSerial: undefined,
  };
  return { status: 'page', asked: { page, url: `${pathToFileURL(home).href}/`, sha256, etag, lastModified: null } };
}

async function digestOf({ guard, signal }: UpstreamDeps, path: string): Promise<string> {
  const file = await guard.file(path);
  try {
    const hash = createHash('sha256');
    for await (const chunk of file.bytes(0, signal)) hash.update(chunk);
    return hash.digest('hex');
  } finally {
    await file.close();
  }
}
