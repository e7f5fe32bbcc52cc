import { evaluateAll, type Verdicts } from './evaluate.ts';
import type { Facts } from './facts/facts.ts';
import type { Rule } from './rule.ts';

/** A byte a row, for as long as somebody holds both the facts and the rules; neither ever changes. */
const remembered = new WeakMap<Facts, WeakMap<readonly Rule[], Verdicts>>();

/**
 * Judge every row, or say what was found when these rules last judged these facts: a run plans and then publishes, and both
 * ask the same.
 *
 * @returns verdicts of the caller's own.
 */
export function verdictsOn(rules: readonly Rule[], facts: Facts): Verdicts {
  const known = rememberedVerdicts(rules, facts);
  if (known) return known.slice();
  const verdicts = evaluateAll(rules, facts);
  const byRules = remembered.get(facts) ?? new WeakMap();
  remembered.set(facts, byRules.set(rules, verdicts));
  return verdicts.slice();
}

/** What {@link verdictsOn} found; undefined when it was not asked. Not to be changed. */
export function rememberedVerdicts(rules: readonly Rule[], facts: Facts): Readonly<Verdicts> | undefined {
  return remembered.get(facts)?.get(rules);
}
