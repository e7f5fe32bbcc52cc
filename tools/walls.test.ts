import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

// The rules of .dependency-cruiser.cjs on a toy house with the same rooms, in which every import is tried.

const config = createRequire(import.meta.url)('../.dependency-cruiser.cjs');
const rooms = [
  'formats',
  'archives',
  'policy',
  'storage',
  'catalog',
  'identity',
  'registry',
  'publish',
  'mirror',
  'server',
  'cli',
  'api-client',
  'testkit',
];
let house: string;

beforeAll(() => {
  house = mkdtempSync(join(tmpdir(), 'sluice-walls-'));
  mkdirSync(join(house, 'node_modules/@sluice'), { recursive: true });
  for (const room of rooms) {
    write(
      `packages/${room}/package.json`,
      JSON.stringify({ name: `@sluice/${room}`, type: 'module', exports: { '.': './src/index.ts' } }),
    );
    write(`packages/${room}/src/index.ts`, 'export type Thing = string;\nexport const thing: Thing = "";\n');
    symlinkSync(`../../packages/${room}`, join(house, 'node_modules/@sluice', room));
  }
});
afterAll(() => rmSync(house, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(house, path)), { recursive: true });
  writeFileSync(join(house, path), text);
}

/** The rules that a house with this one more file breaks. */
async function broken(path: string, text: string): Promise<string[]> {
  write(path, text);
  try {
    const options = { ...config.options, ruleSet: { forbidden: config.forbidden }, validate: true, baseDir: house };
    const { enhancedResolveOptions, ...rest } = options;
    const { output } = await cruise(['packages'], rest, enhancedResolveOptions);
    return (output as ICruiseResult).summary.violations.map(({ rule }) => rule.name);
  } finally {
    rmSync(join(house, path));
  }
}

const importing = (room: string) => `import { thing } from '@sluice/${room}';\nexport const used = thing;\n`;
const importingType = (room: string) => `import type { Thing } from '@sluice/${room}';\nexport type Used = Thing;\n`;

describe('an import that the table allows', () => {
  test.each([
    ['policy', 'formats'],
    ['identity', 'catalog'],
    ['mirror', 'registry'],
    ['server', 'mirror'],
    ['cli', 'api-client'],
    ['testkit', 'server'],
  ])('%s → %s', async (room, other) => {
    expect(await broken(`packages/${room}/src/x.ts`, importing(other))).toEqual([]);
  });

  test.each([
    ['catalog', 'policy'],
    ['registry', 'identity'],
  ])('%s → types of %s', async (room, other) => {
    expect(await broken(`packages/${room}/src/x.ts`, importingType(other))).toEqual([]);
  });

  test('a test may use anything', async () => {
    expect(await broken('packages/formats/src/x.test.ts', importing('testkit'))).toEqual([]);
  });
});

describe('an import that breaks a wall', () => {
  test.each([
    ['formats', 'catalog'],
    ['policy', 'catalog'],
    ['archives', 'storage'],
    ['storage', 'catalog'],
    ['catalog', 'storage'],
    ['catalog', 'server'],
    ['identity', 'server'],
    ['registry', 'mirror'],
    ['publish', 'registry'],
    ['mirror', 'storage'],
    ['mirror', 'archives'],
    ['server', 'cli'],
    ['cli', 'server'],
    ['cli', 'catalog'],
    ['api-client', 'formats'],
    ['server', 'testkit'],
  ])('%s → %s', async (room, other) => {
    expect(await broken(`packages/${room}/src/x.ts`, importing(other))).toContain(`wall-${room}`);
    expect(await broken(`packages/${room}/src/x.ts`, importingType(other))).toContain(`wall-${room}`);
  });

  test.each([
    ['catalog', 'policy'],
    ['registry', 'identity'],
  ])('%s → more than types of %s', async (room, other) => {
    expect(await broken(`packages/${room}/src/x.ts`, importing(other))).toEqual([`types-${room}-${other}`]);
  });

  test.each(['formats', 'policy'])('%s → Node', async (room) => {
    expect(
      await broken(
        `packages/${room}/src/x.ts`,
        "import { readFileSync } from 'node:fs';\nexport const x = readFileSync;\n",
      ),
    ).toEqual(['pure']);
  });

  test('a path into another room', async () => {
    const text = "import { thing } from '../../formats/src/index.ts';\nexport const used = thing;\n";
    expect(await broken('packages/policy/src/x.ts', text)).toEqual(['entrances']);
  });

  test('a cycle', async () => {
    write('packages/policy/src/y.ts', "import { x } from './x.ts';\nexport const y = () => x;\n");
    expect(
      await broken('packages/policy/src/x.ts', "import { y } from './y.ts';\nexport const x = () => y;\n"),
    ).toContain('no-cycle');
    rmSync(join(house, 'packages/policy/src/y.ts'));
  });

  test('something that is not there', async () => {
    expect(await broken('packages/policy/src/x.ts', "import './nowhere.ts';\n")).toEqual(['resolvable']);
  });
});
