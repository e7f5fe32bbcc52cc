import { execFile } from 'node:child_process';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { timed } from '../measure.ts';

/** What the peer does, for who reads the figures. */
export const peerWork =
  'tar | zstd -3 -T2 into a file: no digest checked, nothing signed; synced only where a figure says so';

/**
 * What anybody would do: the files of a folder, in the order of their names, through `tar | zstd -3 -T2` into one file. Neither checks a digest, signs, or waits for the disk; how
 * long it takes with a `sync` of that file behind it is told apart.
 */
export async function tarZstd(
  folder: string,
  files: ReadonlyMap<string, string>,
  to: string,
): Promise<{ tar_zstd_s: number; tar_zstd_synced_s: number; tar_zstd_mb: number }> {
  const list = `${to}.list`;
  writeFileSync(
    list,
    [...files.keys()]
      .sort()
      .map((file) => `linux-64/${file}\n`)
      .join(''),
  );
  const pack = `tar -C '${folder}' -cf - -T '${list}' | zstd -q -3 -T2 -f -o '${to}'`;
  const { seconds } = await timed(() => shell(pack));
  const listed = await shell(`zstd -dcq '${to}' | tar tf - | wc -l`);
  if (Number(listed) !== files.size) throw new Error(`tar holds ${listed.trim()} of ${files.size} files.`);
  const synced = await timed(() => shell(`${pack} && sync '${to}'`));
  const tar_zstd_mb = statSync(to).size / 1e6;
  for (const file of [to, list]) rmSync(path.resolve(file));
  return { tar_zstd_s: seconds, tar_zstd_synced_s: synced.seconds, tar_zstd_mb };
}

/** Not waited for in this thread: connections that nobody looks after meanwhile are closed by the server. */
async function shell(command: string): Promise<string> {
  return (await promisify(execFile)('sh', ['-c', command])).stdout;
}
