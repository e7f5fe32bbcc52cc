import { excerpt, FormatError } from '../errors.ts';

/**
 * The subdirs conda itself knows, `noarch` first. In a path such as `conda-forge/linux-64` only these are read as a
 * subdir, and no channel may bear one of these names. Other subdirs of the right shape are served all the same.
 *
 * @see CEP 26, "Subdir names"; conda's list of platforms
 */
export const knownSubdirs: readonly string[] = [
  'noarch',
  'emscripten-wasm32',
  'freebsd-64',
  'linux-32',
  'linux-64',
  'linux-aarch64',
  'linux-armv6l',
  'linux-armv7l',
  'linux-ppc64',
  'linux-ppc64le',
  'linux-riscv64',
  'linux-s390x',
  'osx-64',
  'osx-arm64',
  'wasi-wasm32',
  'win-32',
  'win-64',
  'win-arm64',
  'zos-z',
];

/**
 * Check a subdir and return it: `noarch`, or `<os>-<arch>` of lower-case letters and digits, at most 32 characters.
 *
 * @throws {FormatError} `conda_subdir`. Never retry.
 * @see CEP 26, "Subdir names"
 */
export function parseSubdir(text: string): string {
  if (text === 'noarch' || (text.length <= 32 && /^[a-z0-9]+-[a-z0-9]+$/.test(text))) return text;
  const wanted = 'noarch or <os>-<arch> in lower case, such as linux-64, at most 32 characters';
  throw new FormatError('conda_subdir', `${excerpt(text)} is not a subdir: wanted ${wanted}.`, {
    wanted,
    found: excerpt(text),
  });
}
