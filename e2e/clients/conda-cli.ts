import { mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type ClientEnding, runClient } from './client-process.ts';

/**
 * Run conda's command line with a home, settings and package cache of its own.
 *
 * The solver is conda's classic one: libmamba, its default, is in no registry. Retries and the wait between them are
 * off, so a refusal shows at once.
 *
 * @param settings more lines of `.condarc`, as an object.
 * @param home a new one below `work` when left out; the same one again remembers.
 */
export function runConda(
  python: string,
  work: string,
  args: readonly string[],
  settings: Readonly<Record<string, unknown>> = {},
  home = mkdtempSync(path.join(work, 'conda-')),
): Promise<ClientEnding> {
  const condarc = {
    solver: 'classic',
    sat_solver: 'pysat',
    channels: [],
    default_channels: [],
    pkgs_dirs: [path.join(home, 'pkgs')],
    envs_dirs: [path.join(home, 'envs')],
    register_envs: false,
    remote_max_retries: 0,
    show_channel_urls: true,
    notify_outdated_conda: false,
    number_channel_notices: 0,
    ...settings,
  };
  // JSON is YAML.
  writeFileSync(path.join(home, '.condarc'), JSON.stringify(condarc));
  return runClient({
    argv: [python, '-m', 'conda', ...args],
    work: home,
    env: { CONDARC: path.join(home, '.condarc'), CONDA_NO_PLUGINS: 'false' },
  });
}
