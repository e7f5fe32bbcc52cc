import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Schemas } from '@sluice/api-client';
import { refused, unreachable } from './connect.ts';
import { CliError } from './errors.ts';
import type { Io } from './io.ts';
import type { Site } from './site.ts';

type Bundle = Schemas['BundleWithParts'];
type Part = Bundle['parts'][number];

/** A part to fetch, and the folder it goes to. */
export interface PartWish {
  site: Pick<Site, 'url' | 'token'>;
  io: Pick<Io, 'sleep'>;
  bundle: Pick<Bundle, 'id'>;
  part: Part;
  folder: string;
  onProgress(bytes: number): void;
}

/** Where the signed first kilobyte of a part ends; its digest is of what follows. */
const bodyAt = 1024;
const mostTries = 8;

/**
 * Fetch a part into a folder. What an earlier try left is gone on with; it gets its name when it is whole and has its digest, and
 * is then not fetched again.
 *
 * @throws {CliError} `unreachable`, `part_changed`, `refused`.
 */
export async function fetchPart(wish: PartWish): Promise<string> {
  const path = join(wish.folder, wish.part.name);
  if (await isWhole(path, wish.part)) return path;
  const partial = `${path}.partial`;
  for (let tries = 1; ; tries++) {
    const failure = await fetchRest(wish, partial).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (failure instanceof CliError && failure.code !== 'unreachable') throw failure;
    if (failure === undefined) break;
    if (tries === mostTries) throw failure;
    await wish.io.sleep(500 * tries);
  }
  if (!(await isWhole(partial, wish.part))) {
    await rm(partial);
    throw new CliError('part_changed', `${wish.part.name} did not come as its bundle says.`, {
      wanted: wish.part.sha256 ?? undefined,
      next: 'Fetch it again.',
    });
  }
  await rename(partial, path);
  return path;
}

async function fetchRest({ site, bundle, part, onProgress }: PartWish, partial: string): Promise<void> {
  const have = await sizeOf(partial);
  if (have >= part.bytes) return;
  const url = `${site.url}/api/bundles/${bundle.id}/parts/${part.part}`;
  const response = await fetch(url, {
    headers: {
      range: `bytes=${have}-`,
      'if-range': `"${part.sha256}"`,
      ...(site.token === undefined ? {} : { authorization: `Bearer ${site.token}` }),
    },
  }).catch((cause: unknown) => {
    throw unreachable(site.url, cause);
  });
  if (!response.ok) throw refused(response.status, await response.json().catch(() => undefined), url);
  const from = response.status === 206 ? have : 0;
  const file = await open(partial, from === 0 ? 'w' : 'a');
  try {
    let at = from;
    for await (const chunk of response.body ?? []) {
      await file.write(chunk);
      at += chunk.length;
      onProgress(at);
    }
    await file.sync();
  } catch (cause) {
    throw unreachable(site.url, cause);
  } finally {
    await file.close();
  }
}

async function isWhole(path: string, { bytes, sha256 }: Part): Promise<boolean> {
  if ((await sizeOf(path)) !== bytes) return false;
  const digest = createHash('sha256');
  for await (const chunk of createReadStream(path, { start: bodyAt, highWaterMark: 1 << 20 })) {
    digest.update(chunk as Buffer);
  }
  return sha256 === null || digest.digest('hex') === sha256;
}

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  return found?.size ?? 0;
}
