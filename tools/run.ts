import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';

/** The folder of the repository. */
export const root = join(import.meta.dirname, '..');

/** How a program ended and all it wrote, both streams together. */
export interface Run {
  status: number;
  output: string;
}

/** Run a program of this repository's `node_modules/.bin` in its folder. With `show` its output also appears at once. */
export function run(
  command: string,
  args: readonly string[],
  options: { show?: boolean; env?: NodeJS.ProcessEnv } = {},
): Promise<Run> {
  return new Promise((resolve, reject) => {
    const PATH = `${join(root, 'node_modules/.bin')}${delimiter}${process.env.PATH}`;
    const stdio = ['ignore', options.show ? 'inherit' : 'pipe', options.show ? 'inherit' : 'pipe'] as const;
    const child = spawn(command, args, { cwd: root, stdio: [...stdio], env: { ...process.env, ...options.env, PATH } });
    const chunks: string[] = [];
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text) => chunks.push(text));
    child.once('error', reject);
    child.once('close', (status) => resolve({ status: status ?? 1, output: chunks.join('') }));
  });
}
