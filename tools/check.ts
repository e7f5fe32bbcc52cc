import { globSync } from 'node:fs';
import { findImpuritiesBelow } from './pure-rooms.ts';
import { root, run } from './run.ts';

// The whole gate: one line a stage, and what is wrong below it. --fix repairs first what can be repaired by itself.

type Outcome = { ok: boolean; said: string };

const stages: [name: string, check: () => Promise<Outcome>][] = [
  ['format and lint', () => program('biome', 'ci', '--colors=off', '.')],
  ['types', types],
  ['walls', () => program('depcruise', '--config', '.dependency-cruiser.cjs', 'packages', 'tools', 'bench', 'e2e')],
  ['pure rooms', pure],
  ['dead code', () => program('knip', '--no-progress')],
  ['generated files', () => program('node', 'tools/generate.ts', '--check')],
  ['tests', () => program('node', 'tools/test.ts')],
];

if (process.argv.includes('--fix')) {
  await run('biome', ['check', '--write', '.'], { show: true });
  await run('node', ['tools/generate.ts'], { show: true });
}

for (const [name, check] of stages) {
  const begun = performance.now();
  const { ok, said } = await check();
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  console.log(`${ok ? 'ok  ' : 'FAIL'}  ${name}  ${seconds} s`);
  if (ok) continue;
  console.log(said.trimEnd().replace(/^/gm, '      '));
  process.exitCode = 1;
}

async function program(command: string, ...args: string[]): Promise<Outcome> {
  const { status, output } = await run(command, args);
  return { ok: status === 0, said: output };
}

/** Each room against its own settings; two at a time, as a small machine can bear. */
async function types(): Promise<Outcome> {
  const projects = globSync(['packages/*/tsconfig.json', '{tools,bench,e2e}/tsconfig.json'], { cwd: root }).sort();
  const outcomes: Outcome[] = [];
  const lane = async () => {
    for (let project = projects.shift(); project !== undefined; project = projects.shift()) {
      outcomes.push(await program('tsc', '--noEmit', '--pretty', 'false', '-p', project));
    }
  };
  await Promise.all([lane(), lane()]);
  // A fault in one room shows in every room that imports it.
  const lines = new Set(outcomes.flatMap(({ said }) => said.split('\n')));
  return { ok: outcomes.every(({ ok }) => ok), said: [...lines].filter(Boolean).join('\n') };
}

async function pure(): Promise<Outcome> {
  const impurities = findImpuritiesBelow(root);
  const lines = impurities.map(({ place, found, why }) => `${place}: ${found} is ${why}`);
  return { ok: impurities.length === 0, said: lines.join('\n') };
}
