import type { Bench } from './bench.ts';
import { bundleBench } from './bundle/index.ts';
import { catalogBench } from './catalog/index.ts';
import { filterBench } from './filter/index.ts';
import { limitBench } from './limit-bench.ts';
import { mirrorBench } from './mirror/index.ts';
import { publishBench } from './publish/index.ts';
import { scaleBench } from './scale/index.ts';
import { serveBench } from './serve/index.ts';
import { simpleBench } from './simple/index.ts';

/** Every bench by its name on the command line. */
export const benches: Readonly<Record<string, Bench>> = {
  bundle: bundleBench as Bench,
  catalog: catalogBench as Bench,
  filter: filterBench as Bench,
  limit: limitBench as Bench,
  mirror: mirrorBench as Bench,
  publish: publishBench as Bench,
  scale: scaleBench as Bench,
  serve: serveBench as Bench,
  simple: simpleBench as Bench,
};
