import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { type ClientEnding, runClient } from './client-process.ts';

/** Python's own tools, each run with a home, a cache and settings of its own, or with a home that was used before. */
export interface PythonTools {
  pip(args: readonly string[], options?: ToolOptions): Promise<ClientEnding>;
  uv(args: readonly string[], options?: ToolOptions): Promise<ClientEnding>;
  twine(args: readonly string[], options?: ToolOptions): Promise<ClientEnding>;
  /** PyPA's build: makes a wheel and a source distribution of a folder, without fetching anything. */
  build(folder: string): Promise<ClientEnding>;
  /** Run Python with a folder of installed packages. @returns what it prints. */
  python(installed: string, code: string): Promise<string>;
}

/** How a tool is run. */
export interface ToolOptions {
  /** Its home, where its caches are too. */
  readonly home?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** The tools of an environment. `newFolder` makes the homes. */
export function pythonTools(python: string, newFolder: (name: string) => string): PythonTools {
  const run = (module: string, args: readonly string[], { home = newFolder(module), env = {} }: ToolOptions = {}) =>
    runClient({
      argv: [python, '-m', module, ...args],
      work: home,
      env: {
        PIP_CONFIG_FILE: '/dev/null',
        PIP_DISABLE_PIP_VERSION_CHECK: '1',
        PIP_RETRIES: '0',
        PIP_NO_INPUT: '1',
        UV_NO_CONFIG: '1',
        UV_PYTHON: python,
        UV_PYTHON_DOWNLOADS: 'never',
        UV_HTTP_RETRIES: '0',
        COLUMNS: '400',
        ...env,
      },
    });
  return {
    pip: (args, options) => run('pip', args, options),
    uv: (args, options) => run('uv', args, options),
    twine: (args, options) => run('twine', ['--no-color', ...args], options),
    async build(folder) {
      mkdirSync(path.join(folder, 'dist'), { recursive: true });
      return run('build', ['--no-isolation', '--outdir', path.join(folder, 'dist'), folder]);
    },
    async python(installed, code) {
      const env = { PYTHONPATH: installed };
      const { stdout, stderr } = await runClient({ argv: [python, '-c', code], work: newFolder('python'), env });
      return stdout.trim() || stderr;
    },
  };
}
