import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Bench, BenchContext, Figures, Params } from './bench.ts';
import { benches } from './registry.ts';

// npm run bench -- <name> [--json] [<param>=<number> …]

const [name, ...rest] = process.argv.slice(2);
const bench = name === undefined || name.startsWith('-') ? undefined : benches[name];
if (bench) {
  const given = readParams(
    bench.params,
    rest.filter((arg) => arg !== '--json'),
  );
  if (typeof given === 'string') stop(given);
  else await run(name!, bench, given);
} else {
  const lines = Object.entries(benches).map(([known, { summary }]) => `  ${known.padEnd(12)}${summary}`);
  stop(`npm run bench -- <name> [--json] [<param>=<number> …]\n${lines.join('\n')}`);
}

async function run(title: string, chosen: Bench, params: Params): Promise<void> {
  const scratch = mkdtempSync(path.join(os.tmpdir(), `sluice-bench-${title}-`));
  const cache = path.join(import.meta.dirname, '../.cache/bench');
  mkdirSync(cache, { recursive: true });
  const log = (line: string) => void process.stderr.write(`${line}\n`);
  const context: BenchContext = { params, cache, scratch, log };
  try {
    const figures = round(await chosen.run(context));
    for (const [figure, value] of Object.entries(figures)) log(describe(figure, value, chosen));
    if (rest.includes('--json')) console.log(JSON.stringify({ bench: title, params, figures }));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The parameters with what is given for them, or what is wrong with it. */
function readParams(defaults: Params, args: readonly string[]): Params | string {
  const params: Record<string, number> = { ...defaults };
  for (const arg of args) {
    const [, key = '', value] = /^(?:--)?(\w+)=(\d+(?:\.\d+)?)$/.exec(arg) ?? [];
    if (!Object.hasOwn(defaults, key)) {
      const known = Object.entries(defaults).map(([param, preset]) => `${param}=${preset}`);
      return `"${arg}" is no parameter of this bench. It takes: --json ${known.join(' ')}`;
    }
    params[key] = Number(value);
  }
  return params;
}

function round(figures: Figures): Figures {
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, Math.round(value * 1000) / 1000]));
}

function describe(figure: string, value: number, { wanted, atLeast }: Bench): string {
  const verdict = (word: string, limit: number, isMet: boolean) => `  (${word} ${limit}: ${isMet ? 'yes' : 'NO'})`;
  const [most, least] = [wanted?.[figure], atLeast?.[figure]];
  const judged =
    (most === undefined ? '' : verdict('at most', most, value <= most)) +
    (least === undefined ? '' : verdict('at least', least, value >= least));
  return `${figure.padEnd(24)}${String(value).padStart(12)}${judged}`;
}

function stop(why: string): void {
  process.stderr.write(`${why}\n`);
  process.exitCode = 2;
}
