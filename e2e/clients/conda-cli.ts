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

/** A package as conda would fetch it. */
export interface CondaFetch {
  readonly subdir: string;
  readonly fn: string;
  readonly url: string;
  readonly sha256: string;
}

/**
 * What `conda create` would fetch, solved and not installed; with nothing in its cache that is the whole solution.
 *
 * An `@` of a channel is written `%40`: the classic solver drops every package of an address with `@` in it, and says nothing.
 */
export async function condaSolve(
  python: string,
  work: string,
  request: { readonly channels: readonly string[]; readonly specs: readonly string[]; readonly platform: string },
): Promise<CondaFetch[]> {
  const channels = request.channels.flatMap((channel) => ['--channel', channel.replaceAll('@', '%40')]);
  const prefix = path.join(mkdtempSync(path.join(work, 'solved-')), 'prefix');
  const where = ['--prefix', prefix, '--platform', request.platform, '--override-channels', ...channels];
  const args = ['create', '--dry-run', '--json', ...where, ...request.specs];
  // conda's own number of retries: a 503 of what is being made is asked for again.
  const { status, stdout, stderr } = await runConda(python, work, args, { remote_max_retries: 3 });
  if (status !== 0) throw new Error(`conda ended with ${status}: ${stdout}${stderr}`);
  return JSON.parse(stdout).actions.FETCH;
}
