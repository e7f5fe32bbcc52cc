import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What has no place in a pure room, beside imports of Node (dependency-cruiser sees those): the clock, chance, the process. */
const IMPURE: [RegExp, string][] = [
  [/\bDate\.now\b/g, 'the clock; take the time as an argument'],
  [/\bnew Date\(\s*\)/g, 'the clock; take the time as an argument'],
  [/(?<!new )\bDate\(\s*\)/g, 'the clock; take the time as an argument'],
  [/\bperformance\.now\b/g, 'the clock; take the time as an argument'],
  [/\bMath\.random\b/g, 'chance; take the number as an argument'],
  [/\bcrypto\.(?:randomUUID|getRandomValues)\b/g, 'chance; take the id as an argument'],
  [/\bprocess\./g, 'the process; take what you need as an argument'],
  [/\b(?:setTimeout|setInterval|fetch)\(/g, 'the world outside; leave it to the caller'],
  [/['"]node:/g, 'Node; a pure room runs anywhere'],
];

/** One impurity: `path:line` and what it is. */
export interface Impurity {
  place: string;
  found: string;
  why: string;
}

/** What is impure in a source text. Comments do not count. */
export function findImpurities(path: string, text: string): Impurity[] {
  // Comments become blanks of the same length, so that lines keep their numbers.
  const code = text.replace(/\/\*[\s\S]*?\*\/|(?<![:'"`\\])\/\/.*$/gm, (comment) => comment.replace(/[^\n]/g, ' '));
  return IMPURE.flatMap(([pattern, why]) =>
    [...code.matchAll(pattern)].map((match) => ({
      place: `${path}:${code.slice(0, match.index).split('\n').length}`,
      found: match[0],
      why,
    })),
  );
}

/** What is impure in `formats` and `policy`, tests apart. */
export function findImpuritiesBelow(root: string): Impurity[] {
  const files = globSync('packages/{formats,policy}/src/**/*.ts', { cwd: root });
  const source = files.filter((file) => !/\.test\.ts$|\/testing\//.test(file));
  return source.sort().flatMap((file) => findImpurities(file, readFileSync(join(root, file), 'utf8')));
}
