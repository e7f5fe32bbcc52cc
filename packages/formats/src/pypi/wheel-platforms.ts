import type { WheelTag } from './file-name.ts';

/** Machine names of Linux tags, as conda calls them where it does otherwise. */
const linuxMachines: Record<string, string> = { x86_64: '64', i686: '32', i386: '32', amd64: '64', arm64: 'aarch64' };

const windows: Record<string, string> = { win32: 'win-32', win_amd64: 'win-64', win_arm64: 'win-arm64' };

/** What the builds for several machines of macOS contain, of the machines conda names. */
const macMachines: Record<string, readonly string[]> = {
  x86_64: ['osx-64'],
  arm64: ['osx-arm64'],
  intel: ['osx-64'],
  fat64: ['osx-64'],
  universal: ['osx-64'],
  universal2: ['osx-64', 'osx-arm64'],
};

/**
 * The platforms a wheel is for, in conda's words (`linux-64`, `osx-arm64`, …), or `any`; sorted, each once. What conda has no
 * word for stays as the tag says it (`android_21_arm64_v8a`).
 *
 * @see PyPA "Platform compatibility tags" (PEP 425, 513, 600, 656, 730, 738)
 */
export function wheelPlatforms(tags: readonly Pick<WheelTag, 'platform'>[]): string[] {
  return [...new Set([...new Set(tags.map(({ platform }) => platform))].flatMap(platformNames))].sort();
}

function platformNames(platform: string): readonly string[] {
  if (platform === 'any') return ['any'];
  const linux = /^(?:manylinux(?:1|2010|2014|_\d+_\d+)|musllinux_\d+_\d+|linux)_(\w+)$/.exec(platform);
  if (linux !== null) return [`linux-${linuxMachines[linux[1]!] ?? linux[1]}`];
  const mac = /^macosx_\d+_\d+_(\w+)$/.exec(platform);
  if (mac !== null) return macMachines[mac[1]!] ?? [platform];
  if (/^(?:emscripten|pyodide|pyemscripten)_[\d_]+_wasm32$/.test(platform)) return ['emscripten-wasm32'];
  if (/^wasi_[\d_]+_wasm32$/.test(platform)) return ['wasi-wasm32'];
  if (/^freebsd_.*_(?:amd64|x86_64)$/.test(platform)) return ['freebsd-64'];
  return [windows[platform] ?? platform];
}
