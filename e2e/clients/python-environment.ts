import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const folder = path.join(import.meta.dirname, 'python');
const cache = path.join(import.meta.dirname, '../../.cache/clients');
const patience_ms = 600_000;

/** The environment of the Python clients, or why there is none here. */
export type PythonEnvironment =
  | { readonly available: true; readonly python: string }
  | { readonly available: false; readonly reason: string };

/** Of the conda clients, about 250 MB; of Python's own tools, about 80 MB; of a server of S3, about 110 MB. */
type Requirements = 'requirements.txt' | 'tools.txt' | 's3.txt';

const environments = new Map<Requirements, Promise<PythonEnvironment>>();

/**
 * Make a pinned Python environment (about 15 s, below `.cache/clients`) or find it made. Several processes may ask at once.
 *
 * @throws with `CI=true`, where a missing client is a failure.
 */
export function pythonEnvironment(requirements: Requirements = 'requirements.txt'): Promise<PythonEnvironment> {
  const known = environments.get(requirements);
  if (known) return known;
  const environment = make(requirements).catch((error: Error & { stderr?: string }) => {
    const said = (error.stderr?.trim() || error.message).split('\n').at(-1)!;
    const reason = `no Python environment: ${said}`;
    if (process.env.CI === 'true') throw new Error(`CI=true wants the real clients, and there is ${reason}`);
    return { available: false, reason } as const;
  });
  environments.set(requirements, environment);
  return environment;
}

async function make(wanted: Requirements): Promise<PythonEnvironment> {
  const [script, requirements] = ['make_environment.py', wanted].map((name) => path.join(folder, name));
  const { stdout: version } = await run('python3', ['-c', 'import sys; print(sys.version, sys.executable)']);
  const key = createHash('sha256').update(version).update(process.arch);
  for (const file of [script!, requirements!]) key.update(readFileSync(file));
  const target = path.join(cache, `python-${key.digest('hex').slice(0, 16)}`);
  const { stdout } = await run('python3', [script!, target, requirements!], { timeout: patience_ms });
  return { available: true, python: stdout.trim() };
}
