import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { runClient } from '../../e2e/clients/client-process.ts';
import { pythonEnvironment } from '../../e2e/clients/python-environment.ts';

/** A program that indexes a folder of packages in place. */
export interface Indexer {
  /** Begins the names of its figures. */
  readonly name: 'conda_index' | 'rattler_index';
  /** Write the monolith, zst and shards. @throws when it fails. */
  index(folder: string, work: string): Promise<void>;
}

const patience_ms = 3_600_000;

/** conda-index as its documentation runs it: two threads, zst and shards on; all else is its default. */
export async function findCondaIndex(): Promise<Indexer | { reason: string }> {
  const environment = await pythonEnvironment();
  if (!environment.available) return environment;
  const flags = ['--threads', '2', '--zst', '--write-shards'];
  return {
    name: 'conda_index',
    index: (folder, work) => run([environment.python, '-m', 'conda_index', folder, ...flags], work),
  };
}

/**
 * rattler-index: `RATTLER_INDEX`, or the one on the path, or the one that an earlier bench installed. Where there is none
 * and cargo is, it is built, which takes some ten minutes on two cores.
 */
export async function findRattlerIndex(
  cache: string,
  log: (line: string) => void,
): Promise<Indexer | { reason: string }> {
  const root = path.join(cache, 'rattler-index');
  const known = [process.env.RATTLER_INDEX, 'rattler-index', path.join(root, 'bin/rattler-index')];
  let program = known.find((one) => one && isProgram(one));
  if (program === undefined) {
    if (!isProgram('cargo')) return { reason: 'no rattler-index and no cargo to build it with' };
    log('building rattler-index with cargo; this takes some minutes');
    const { status, stderr } = spawnSync('cargo', ['install', '--quiet', 'rattler_index', '--root', root], {
      encoding: 'utf8',
    });
    program = path.join(root, 'bin/rattler-index');
    if (status !== 0 || !existsSync(program)) return { reason: `cargo built no rattler-index: ${stderr.slice(-500)}` };
  }
  const found = program;
  return { name: 'rattler_index', index: (folder, work) => run([found, 'fs', folder], work) };
}

function isProgram(name: string): boolean {
  return spawnSync(name, ['--version']).status === 0;
}

async function run(argv: [string, ...string[]], work: string): Promise<void> {
  const { status, stderr } = await runClient({ argv, work, patience_ms });
  if (status !== 0) throw new Error(`${argv.join(' ')} ended with ${status}: ${stderr.slice(-2000)}`);
}
