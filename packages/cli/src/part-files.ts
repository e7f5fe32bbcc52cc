import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Manifest, partBodyAt, readManifest } from '@sluice/formats/bundle';
import { CliError } from './errors.ts';

/** A file that says of itself that it is a part of a bundle. Nothing of it is believed yet. */
export interface PartFile {
  file: string;
  bytes: number;
  /** The first kilobyte. */
  head: Buffer;
  manifest: Manifest;
}

/** The files that are named, and the parts (`*.sluice`) in folders that are. @throws {CliError} `file_unreadable`. */
export async function partPaths(named: readonly string[]): Promise<string[]> {
  const paths: string[] = [];
  for (const path of named) {
    const there = await stat(path).catch((cause: unknown) => {
      throw new CliError('file_unreadable', `There is no file or folder ${path} that can be read.`, { cause });
    });
    if (!there.isDirectory()) {
      paths.push(path);
      continue;
    }
    const names = (await readdir(path)).filter((name) => name.endsWith('.sluice')).sort();
    if (names.length === 0) {
      throw new CliError('file_unreadable', `There is no part of a bundle in ${path}.`, { wanted: '*.sluice' });
    }
    paths.push(...names.map((name) => join(path, name)));
  }
  return paths;
}

/** Read what a file says of itself. @throws {CliError} `file_unreadable`. */
export async function partFile(file: string): Promise<PartFile> {
  const handle = await open(file);
  try {
    const head = Buffer.alloc(partBodyAt);
    await handle.read(head, 0, partBodyAt, 0);
    return { file, head, bytes: (await handle.stat()).size, manifest: readManifest(head).manifest };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : '';
    throw new CliError('file_unreadable', `${file} is no part of a bundle. ${why}`, { cause });
  } finally {
    await handle.close();
  }
}
