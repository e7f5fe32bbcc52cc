import type { Decision, Reason } from './decision.ts';
import type { Facts } from './facts/facts.ts';
import type { Rule, RuleTest } from './rule.ts';

/** The verdicts on all rows: 0 is kept, k means that rule number k − 1 of the list was the first to deny. */
export type Verdicts = Uint8Array;

/**
 * Judge every row of the facts, rule by rule, so that a later rule can ask what the earlier ones kept.
 *
 * Total: a rule that throws denies the row (or, while preparing, every row still kept). At most 254 rules.
 *
 * @param verdicts what is settled beforehand: only rows that are kept so far are judged. It is changed and returned.
 */
export function evaluateAll(
  rules: readonly Rule[],
  facts: Facts,
  verdicts: Verdicts = new Uint8Array(facts.count),
): Verdicts {
  const kept = (j: number) => verdicts[j] === 0;
  rules.forEach((rule, k) => {
    const test = prepared(rule, facts);
    for (let i = 0; i < facts.count; i++) {
      if (verdicts[i] === 0 && denied(test, i, kept)) verdicts[i] = k + 1;
    }
  });
  return verdicts;
}

/** Judge row i and say why. The other rows of the facts are there for rules that compare, such as the legacy twin. */
export function evaluate(rules: readonly Rule[], facts: Facts, i: number): Decision {
  const verdict = evaluateAll(rules, facts)[i]!;
  return verdict === 0
    ? { verdict: 'allow', reasons: [] }
    : { verdict: 'deny', reasons: [explain(rules, facts, i, verdict)] };
}

/** Why rule number `verdict − 1` denied row i. */
export function explain(rules: readonly Rule[], facts: Facts, i: number, verdict: number): Reason {
  const rule = rules[verdict - 1]!;
  const base = { code: rule.code, scope: rule.scope, rule: rule.text, remedy: rule.remedy };
  try {
    const test = rule.prepare(facts);
    test.denies(i, () => true);
    return { ...base, evidence: test.evidence(i) };
  } catch (error) {
    return {
      ...base,
      code: 'rule_failed',
      evidence: `the rule could not be evaluated: ${error instanceof Error ? error.message : 'unknown fault'}`,
      remedy: 'Ask the owner of the channel to correct the rule; until then it denies.',
    };
  }
}

function prepared(rule: Rule, facts: Facts): RuleTest | undefined {
  try {
    return rule.prepare(facts);
  } catch {
    return undefined;
  }
}

function denied(test: RuleTest | undefined, i: number, kept: (j: number) => boolean): boolean {
  if (!test) return true;
  try {
    return test.denies(i, kept);
  } catch {
    return true;
  }
}
