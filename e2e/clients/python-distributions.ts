import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { readWheelMetadata } from '@sluice/archives';
import { normaliseProjectName } from '@sluice/formats/pypi';
import { type IndexedFile, indexedFile } from '@sluice/testkit';
import { describe } from 'vitest';

const run = promisify(execFile);
const folder = path.join(import.meta.dirname, 'python');
const cache = path.join(import.meta.dirname, '../../.cache/clients');
const patience_ms = 300_000;

/** Real wheels, by project, and the installers that are tried with them. */
export interface PythonDistributions {
  /** A virtual environment with pip and uv. */
  readonly python: string;
  readonly uv: string;
  /** What a real application asks for, as a file of requirements. */
  readonly requirements: string;
  projects(): Promise<Record<string, IndexedFile[]>>;
}

/**
 * Describe tests that install real distributions. They are fetched once from wherever pip is set up to ask (about 60 wheels, 30
 * MB, below `.cache/clients`); where that cannot be done, the tests are skipped and a line says why; with `CI=true` the file fails.
 */
export async function describeWithDistributions(
  name: string,
  tests: (distributions: PythonDistributions) => void,
): Promise<void> {
  const found = await fetched().catch((error: Error & { stderr?: string }) => {
    const reason = `no Python distributions: ${(error.stderr?.trim() || error.message).split('\n').at(-1)}`;
    if (process.env.CI === 'true') throw new Error(`CI=true wants the real clients, and there are ${reason}`);
    return reason;
  });
  if (typeof found !== 'string') {
    describe(name, () => tests(found));
    return;
  }
  console.warn(`SKIPPED ${name}: ${found}`);
  describe.skip(`${name} (skipped: ${found})`, () => {});
}

async function fetched(): Promise<PythonDistributions> {
  const { stdout: version } = await run('python3', ['-c', 'import sys; print(sys.version, sys.executable)']);
  const key = createHash('sha256').update(version).update(process.arch);
  for (const file of ['fetch_distributions.py', 'installers.txt', 'distributions.txt', 'older-distributions.txt'])
    key.update(readFileSync(path.join(folder, file)));
  const target = path.join(cache, `distributions-${key.digest('hex').slice(0, 16)}`);
  await run('python3', [path.join(folder, 'fetch_distributions.py'), target], { timeout: patience_ms });
  return {
    python: path.join(target, 'venv/bin/python'),
    uv: path.join(target, 'venv/bin/uv'),
    requirements: path.join(folder, 'application.txt'),
    projects: () => projectsOf(path.join(target, 'files')),
  };
}

async function projectsOf(files: string): Promise<Record<string, IndexedFile[]>> {
  const projects: Record<string, IndexedFile[]> = {};
  for (const fileName of readdirSync(files).sort()) {
    const file = path.join(files, fileName);
    const { metadata, metadataBytes } = await readWheelMetadata(file, fileName);
    const said = metadata.requiresPython === undefined ? {} : { 'requires-python': metadata.requiresPython };
    const project = normaliseProjectName(metadata.name);
    projects[project] ??= [];
    projects[project].push(
      indexedFile({ fileName, bytes: readFileSync(file), metadata: metadataBytes.toString() }, said),
    );
  }
  return projects;
}
