/** A match spec of the few forms this bench uses, judged here without any of Sluice's code. */
export interface NameRule {
  /** A name, or a beginning with `*` after it. */
  readonly name: string;
  readonly below?: string;
  readonly atLeast?: string;
}

/** As a filter writes it. */
export function printNameRule({ name, below, atLeast }: NameRule): string {
  const version = [atLeast && `>=${atLeast}`, below && `<${below}`].filter(Boolean).join(',');
  return version === '' ? name : `${name} ${version}`;
}

/** Whether a package of this name and version matches one of the rules. */
export function nameTest(rules: readonly NameRule[]): (name: string, version: string) => boolean {
  const exact = Map.groupBy(
    rules.filter(({ name }) => !name.endsWith('*')),
    ({ name }) => name,
  );
  const open = rules.filter(({ name }) => name.endsWith('*'));
  const isWithin = ({ below, atLeast }: NameRule, version: string) =>
    (below === undefined || compareVersions(version, below) < 0) &&
    (atLeast === undefined || compareVersions(version, atLeast) >= 0);
  return (name, version) =>
    exact.get(name)?.some((rule) => isWithin(rule, version)) === true ||
    open.some((rule) => name.startsWith(rule.name.slice(0, -1)) && isWithin(rule, version));
}

/** Order versions of the form `1.2.3` or `1.2.3rc1`, the only ones there are: missing numbers are 0, a candidate is before. */
export function compareVersions(a: string, b: string): number {
  const [numbersA, candidateA] = split(a);
  const [numbersB, candidateB] = split(b);
  for (let i = 0; i < Math.max(numbersA.length, numbersB.length); i++) {
    const difference = (numbersA[i] ?? 0) - (numbersB[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return candidateA === candidateB ? 0 : candidateA - candidateB;
}

function split(version: string): [numbers: number[], candidate: number] {
  const [numbers, candidate] = version.split('rc') as [string, string | undefined];
  return [numbers.split('.').map(Number), candidate === undefined ? Number.POSITIVE_INFINITY : Number(candidate)];
}
