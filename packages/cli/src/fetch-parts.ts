import { mkdir } from 'node:fs/promises';
import type { Schemas } from '@sluice/api-client';
import type { Context } from './command.ts';
import { fetchPart } from './fetch-part.ts';
import { sentOf } from './views/amounts.ts';

/** Fetch all parts of a bundle into a folder of this machine. @returns their paths. */
export async function fetchParts(
  { io, site, progress }: Context,
  bundle: Schemas['BundleWithParts'],
  folder: string,
): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const files: string[] = [];
  for (const part of bundle.parts) {
    const onProgress = (done: number) => progress.show(part.name, done, part.bytes, sentOf(done, part.bytes));
    files.push(await fetchPart({ io, site, bundle, part, folder, onProgress }));
  }
  progress.clear();
  return files;
}
