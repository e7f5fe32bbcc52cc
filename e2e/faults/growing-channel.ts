import { createHash } from 'node:crypto';
import { cpSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { buildCondaPackage, condaSubdirs, randomBytesOf, writeCondaChannel } from '@sluice/testkit';
import { listedFiles } from './shown-channel.ts';

/** Two states of one upstream channel, each a folder. */
export interface GrowingChannel {
  /** The 47 real packages. */
  readonly before: string;
  /** The same, and many small ones more. */
  readonly after: string;
  /** `/<subdir>/<file>` of those that are only in `after`. */
  readonly added: readonly string[];
}

const subdirs = ['linux-64', 'noarch'] as const;

/** Make both states below a folder. */
export async function makeGrowingChannel(folder: string, count: number): Promise<GrowingChannel> {
  const [before, after] = [path.join(folder, 'before'), path.join(folder, 'after')];
  writeCondaChannel(before);
  cpSync(before, after, { recursive: true });
  const added: string[] = [];
  for (const [half, subdir] of subdirs.entries()) {
    const place = path.join(after, subdir);
    const repodata = JSON.parse(readFileSync(path.join(place, 'repodata.json'), 'utf8')) as {
      'packages.conda': Record<string, unknown>;
    };
    for (let i = half; i < count; i += subdirs.length) {
      const files = { 'share/payload': randomBytesOf(i, 2000 + (i % 7) * 3000) };
      const { fileName, bytes, index } = await buildCondaPackage({ name: `added-${i}`, subdir, license: 'MIT', files });
      writeFileSync(path.join(place, fileName), bytes);
      repodata['packages.conda'][fileName] = {
        ...index,
        md5: digest('md5', bytes),
        sha256: digest('sha256', bytes),
        size: bytes.length,
      };
      added.push(`/${subdir}/${fileName}`);
    }
    const text = JSON.stringify(repodata);
    writeFileSync(path.join(place, 'repodata.json'), text);
    writeFileSync(path.join(place, 'repodata.json.zst'), zstdCompressSync(text));
  }
  return { before, after, added };
}

/** Everything a folder's indexes list: `/<subdir>/<file>` with its digest. */
export function listOf(folder: string): Map<string, string> {
  const read = (subdir: string) => readFileSync(path.join(folder, subdir, 'repodata.json'), 'utf8');
  return listedFiles(Object.fromEntries(condaSubdirs.map((subdir) => [subdir, read(subdir)])));
}

/** The sizes of such files. */
export function sizesOf(folder: string): Map<string, number> {
  return new Map([...listOf(folder).keys()].map((file) => [file, statSync(path.join(folder, file)).size]));
}

function digest(algorithm: 'md5' | 'sha256', bytes: Uint8Array): string {
  return createHash(algorithm).update(bytes).digest('hex');
}
