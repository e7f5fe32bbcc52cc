import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runClient } from './client-process.ts';

/** Which documents conda-index writes beside `repodata.json`. */
export interface CondaIndexOptions {
  readonly zst?: boolean;
  readonly runExports?: boolean;
  readonly channelData?: boolean;
  readonly currentRepodata?: boolean;
  readonly shards?: boolean;
}

/** Run conda-index over a folder of packages, `<folder>/<subdir>/…`. It also leaves `.cache` folders and `index.html`. */
export async function runCondaIndex(python: string, folder: string, options: CondaIndexOptions = {}): Promise<void> {
  const flag = (name: string, isOn = false) => (isOn ? `--${name}` : `--no-${name}`);
  const work = mkdtempSync(path.join(os.tmpdir(), 'sluice-conda-index-'));
  const { status, stderr } = await runClient({
    argv: [
      python,
      ...['-m', 'conda_index', folder],
      ...['--no-bz2', '--no-rss', '--no-html-dependencies', '--threads', '1'],
      flag('zst', options.zst),
      flag('run-exports', options.runExports),
      flag('channeldata', options.channelData),
      flag('current-repodata', options.currentRepodata),
      flag('write-shards', options.shards),
    ],
    work,
  });
  rmSync(work, { recursive: true });
  if (status !== 0) throw new Error(`conda-index ended with ${status}: ${stderr.slice(-2000)}`);
}
