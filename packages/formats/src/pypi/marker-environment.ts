import type { PythonMinor } from './suits-python.ts';

/** What markers ask of the machine and Python that a package is for. @see PyPA "Dependency specifiers" */
export interface MarkerEnvironment {
  readonly os_name: string;
  readonly sys_platform: string;
  readonly platform_machine: string;
  readonly platform_python_implementation: string;
  readonly platform_release: string;
  readonly platform_system: string;
  readonly platform_version: string;
  readonly python_version: string;
  readonly python_full_version: string;
  readonly implementation_name: string;
  readonly implementation_version: string;
  readonly extra: string;
}

type System = Pick<MarkerEnvironment, 'os_name' | 'sys_platform' | 'platform_system'>;

const linux: System = { os_name: 'posix', sys_platform: 'linux', platform_system: 'Linux' };
const mac: System = { os_name: 'posix', sys_platform: 'darwin', platform_system: 'Darwin' };
const windows: System = { os_name: 'nt', sys_platform: 'win32', platform_system: 'Windows' };

/** The platforms we know environments of, in conda's words. */
const platforms = {
  'linux-64': { ...linux, platform_machine: 'x86_64' },
  'linux-aarch64': { ...linux, platform_machine: 'aarch64' },
  'osx-64': { ...mac, platform_machine: 'x86_64' },
  'osx-arm64': { ...mac, platform_machine: 'arm64' },
  'win-64': { ...windows, platform_machine: 'AMD64' },
  'win-arm64': { ...windows, platform_machine: 'ARM64' },
} as const;

/** A platform we know an environment of. */
export type MarkerPlatform = keyof typeof platforms;

/** All of them. */
export const markerPlatforms = Object.keys(platforms) as readonly MarkerPlatform[];

/**
 * The environment of CPython in its first patch release on a platform. What differs from one machine to the next (the release of its
 * system) is empty, so that no marker on it compares as a version.
 *
 * @param extra the extra that is asked for.
 */
export function markerEnvironment(
  platform: MarkerPlatform,
  { major, minor }: PythonMinor,
  extra = '',
): MarkerEnvironment {
  const full = `${major}.${minor}.0`;
  return {
    ...platforms[platform],
    platform_python_implementation: 'CPython',
    platform_release: '',
    platform_version: '',
    python_version: `${major}.${minor}`,
    python_full_version: full,
    implementation_name: 'cpython',
    implementation_version: full,
    extra,
  };
}
