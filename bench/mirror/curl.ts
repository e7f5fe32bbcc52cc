import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { timed } from '../measure.ts';

/** Fetch the same files with curl, as many at once. @returns seconds. @throws when one of them is not what it should be. */
export async function curlAll(
  url: string,
  files: ReadonlyMap<string, string>,
  concurrency: number,
  folder: string,
): Promise<number> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const list = path.join(folder, 'list');
  const lines = [...files.keys()].map(
    (file) => `url = "${url}/linux-64/${file}"\noutput = "${path.join(folder, file)}"\n`,
  );
  writeFileSync(list, lines.join(''));
  const words = ['--parallel', '--parallel-max', String(concurrency), '--retry', '5', '--retry-all-errors'];
  const { seconds, value } = await timed(() =>
    spawnSync('curl', [...words, '--fail', '--silent', '--show-error', '--config', list], { encoding: 'utf8' }),
  );
  if (value.error) throw value.error;
  for (const [file, digest] of files) {
    const found = createHash('sha256')
      .update(readFileSync(path.join(folder, file)))
      .digest('hex');
    if (found !== digest) throw new Error(`curl got other bytes for ${file}: ${value.stderr.slice(-500)}`);
  }
  rmSync(folder, { recursive: true });
  return seconds;
}
