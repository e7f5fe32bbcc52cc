import { expect, test } from 'vitest';
import { parsePythonFileName } from './file-name.ts';
import { parseSpecifier } from './specifier.ts';
import { fileSuitsPython, parsePythonMinor } from './suits-python.ts';
import { wheelPlatforms } from './wheel-platforms.ts';

test.each([
  ['py3-none-any', '', '3.12', true],
  ['py3-none-any', '', '2.7', false],
  ['py2.py3-none-any', '', '2.7', true],
  ['py312-none-any', '', '3.13', true],
  ['py312-none-any', '', '3.11', false],
  ['cp312-cp312-win_amd64', '', '3.12', true],
  ['cp312-cp312-win_amd64', '', '3.13', false],
  ['cp313-cp313t-win_amd64', '', '3.13', true],
  ['cp39-abi3-win_amd64', '', '3.14', true],
  ['cp39-abi3-win_amd64', '', '3.8', false],
  ['cp315-abi3t-win_amd64', '', '3.16', true],
  ['cp311-none-win_amd64', '', '3.12', false],
  ['pp310-pypy310_pp73-win_amd64', '', '3.10', true],
  ['pp310-pypy310_pp73-win_amd64', '', '3.11', false],
  ['graalpy311-graalpy242_311_native-any', '', '3.11', true],
  ['cp27-cp27mu-linux_x86_64', '', '2.7', true],
  ['py3-none-any', '>=3.9', '3.8', false],
  ['py3-none-any', '>=3.9.7', '3.9', true],
  ['py3-none-any', '>3.9', '3.9', true],
  ['py3-none-any', '<3.9', '3.9', false],
  ['py3-none-any', '!=3.9.*', '3.9', false],
  ['py3-none-any', '==3.9.4', '3.9', true],
  ['py3-none-any', '>=3.9.4,<3.9.5', '3.9', true],
  ['py3-none-any', '>3.9.3,<3.9.4', '3.9', false],
  ['py3-none-any', '<4,>=3.9', '3.100', true],
])('%s with requires-python %j for %s: %s', (tag, requires, python, suits) => {
  const file = parsePythonFileName(`demo-1-${tag}.whl`);
  expect(fileSuitsPython(file, requires === '' ? undefined : parseSpecifier(requires), parsePythonMinor(python))).toBe(
    suits,
  );
});

test('a source distribution suits every Python its requires-python allows', () => {
  const file = parsePythonFileName('demo-1.tar.gz');
  expect(fileSuitsPython(file, undefined, parsePythonMinor('2.7'))).toBe(true);
  expect(fileSuitsPython(file, parseSpecifier('>=3'), parsePythonMinor('2.7'))).toBe(false);
});

test.each(['3', '3.x', '', '3.12.1.1', '-3.1'])('%j is no minor version', (text) => {
  expect(() => parsePythonMinor(text)).toThrow(expect.objectContaining({ code: 'python_version' }));
});

test.each([
  ['any', ['any']],
  ['manylinux_2_17_x86_64.manylinux2014_x86_64', ['linux-64']],
  ['manylinux1_i686', ['linux-32']],
  ['musllinux_1_2_aarch64', ['linux-aarch64']],
  ['linux_armv7l', ['linux-armv7l']],
  ['manylinux_2_39_riscv64', ['linux-riscv64']],
  ['manylinux2014_ppc64le.manylinux2014_s390x', ['linux-ppc64le', 'linux-s390x']],
  ['win32', ['win-32']],
  ['win_amd64', ['win-64']],
  ['win_arm64', ['win-arm64']],
  ['macosx_11_0_arm64', ['osx-arm64']],
  ['macosx_10_9_universal2', ['osx-64', 'osx-arm64']],
  ['macosx_10_6_intel.macosx_10_9_x86_64', ['osx-64']],
  ['pyodide_2024_0_wasm32', ['emscripten-wasm32']],
  ['android_21_arm64_v8a', ['android_21_arm64_v8a']],
  ['ios_13_0_arm64_iphoneos', ['ios_13_0_arm64_iphoneos']],
])('wheels for %s are for %j', (platform, names) => {
  const file = parsePythonFileName(`demo-1-cp312-cp312-${platform}.whl`);
  expect(file.kind === 'wheel' && wheelPlatforms(file.tags)).toEqual(names);
});
