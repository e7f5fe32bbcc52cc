import type { ReasonCode, RuleScope } from './decision.ts';
import type { Facts } from './facts/facts.ts';

/**
 * One question asked of every file. Rules are pure and total; what one throws is a denial with `rule_failed`.
 *
 * `prepare` does once what depends on the dictionaries of the facts, so that `denies` is cheap 600,000 times over.
 */
export interface Rule {
  readonly code: ReasonCode;
  readonly scope: RuleScope;
  /** The rule as its author wrote it. */
  readonly text: string;
  /** What a person can do about a denial. */
  readonly remedy: string;
  prepare(facts: Facts): RuleTest;
}

export interface RuleTest {
  /** `kept(j)`: whether the rules before this one keep row j. */
  denies(i: number, kept: (j: number) => boolean): boolean;
  /** What this rule saw in row i, in words. */
  evidence(i: number): string;
}
