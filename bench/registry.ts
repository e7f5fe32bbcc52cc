import type { Bench } from './bench.ts';
import { filterBench } from './filter/index.ts';
import { limitBench } from './limit-bench.ts';

/** Every bench by its name on the command line. */
export const benches: Readonly<Record<string, Bench>> = { filter: filterBench as Bench, limit: limitBench as Bench };
