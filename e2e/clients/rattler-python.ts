import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import { type DriverAnswer, drivePython } from './python-driver.ts';

/** A package as rattler chose it. */
export interface SolvedRecord {
  readonly name: string;
  readonly version: string;
  readonly build: string;
  readonly subdir: string;
  readonly file: string;
  readonly url: string;
  readonly sha256: string | null;
}

/** What py-rattler is asked. */
export interface RattlerRequest {
  /** Addresses of channels; `/t/<token>/` in one is how a token goes by the path. */
  readonly channels: readonly string[];
  readonly specs: readonly string[];
  readonly platform: string;
  /** Packages to take for installed by the system: name → version. */
  readonly virtualPackages?: Readonly<Record<string, string>>;
  /** Bearer tokens by host, as rattler's own authentication file holds them. */
  readonly bearer?: Readonly<Record<string, string>>;
  /** Added to every request, e.g. `X-Auth`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A lock file as pixi keeps them: a solve writes it, an install takes its packages and asks for no index. */
  readonly lock?: string;
  /** false: it is not to ask for shards. */
  readonly sharded?: boolean;
}

/** A solution; `asked` are the paths that rattler requested, in order. */
export interface RattlerSolution {
  readonly records: readonly SolvedRecord[];
  readonly asked: readonly string[];
}

/** A solution that was downloaded, verified and linked: package name → file and the paths it brought. */
export interface RattlerInstallation extends RattlerSolution {
  readonly linked: Readonly<Record<string, { readonly file: string; readonly files: readonly string[] }>>;
}

/** Solve, with caches of its own below `work`. */
export function rattlerSolve(
  python: string,
  work: string,
  request: RattlerRequest,
): Promise<DriverAnswer<RattlerSolution>> {
  return drivePython(python, 'rattler_solve.py', work, wire(work, request));
}

/** Solve each request by itself, in one process, with caches of their own below `work`. */
export async function rattlerSolveEach(
  python: string,
  work: string,
  requests: readonly RattlerRequest[],
): Promise<DriverAnswer<RattlerSolution>[]> {
  const wired = { requests: requests.map((request) => wire(work, request)) };
  const answer = await drivePython<DriverAnswer<RattlerSolution>[]>(python, 'rattler_solve_each.py', work, wired);
  if (!answer.ok) throw new Error(answer.text);
  return answer.value;
}

/** Solve unless there is a lock, download and link into `prefix`, with caches of its own below `work`. Retries nothing. */
export function rattlerInstall(
  python: string,
  work: string,
  request: RattlerRequest & { readonly prefix: string },
): Promise<DriverAnswer<RattlerInstallation>> {
  return drivePython(python, 'rattler_install.py', work, { ...wire(work, request), prefix: request.prefix });
}

function wire(work: string, request: RattlerRequest): object {
  const { channels, specs, platform, virtualPackages = {}, bearer = {}, headers = {}, lock, sharded = true } = request;
  const own = mkdtempSync(path.join(work, 'rattler-'));
  return { channels, specs, platform, virtual_packages: virtualPackages, bearer, headers, lock, sharded, work: own };
}
