import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Management, manage } from '../sluice/management.ts';
import type { SluiceProcess } from '../sluice/sluice-process.ts';
import { basic, listedFiles, pipHeaders, rawAnswer, uploadWheels } from './pip.ts';
import type { Wheel } from './projects.ts';

/** Projects that Sluice hosts in a private channel. */
export interface Hosted {
  readonly token: string;
  /** Paths of their pages. */
  readonly pages: readonly string[];
}

const channel = 'pages';
const patience_ms = 60_000;

/** The path of a project's page. */
export function pagePath(inChannel: string, project: string): string {
  return `/api/repo/${inChannel}/simple/${project}/`;
}

/** Upload wheels as twine does, and wait until each page has all of its own. */
export async function hostProjects(sluice: SluiceProcess, wheels: readonly Wheel[]): Promise<Hosted> {
  const api: Management = await manage(sluice);
  await api.createChannel(channel, { privacy: 'private', types: ['python'] });
  const token = await api.createToken(channel, 'write');
  await uploadWheels(`${sluice.url}/api/repo/${channel}/legacy/`, basic('__token__', token), wheels);
  const byProject = Map.groupBy(wheels, ({ project }) => project);
  const deadline = performance.now() + patience_ms;
  for (const [project, { length }] of byProject) {
    while ((await listedFiles(sluice.url + pagePath(channel, project), pipHeaders(token))).size < length) {
      if (performance.now() > deadline) throw new Error(`${project} was not published in ${patience_ms} ms.`);
      await sleep(50);
    }
  }
  return { token, pages: Array.from(byProject.keys(), (project) => pagePath(channel, project)) };
}

/** The file that has the bytes of a page, for who serves files. */
export function copyOf(page: string): string {
  return `${page}page`;
}

/** Write what Sluice answers to pip, packed as it comes, below a folder, for another server to serve. */
export async function copyPages(sluice: SluiceProcess, { token, pages }: Hosted, folder: string): Promise<void> {
  for (const page of pages) {
    const { status, bytes } = await rawAnswer(sluice.url + page, pipHeaders(token));
    if (status !== 200) throw new Error(`${page} answered ${status}.`);
    const file = path.join(folder, copyOf(page));
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
}
