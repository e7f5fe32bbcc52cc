/** Why a file is not shown, in the order of design.md §7 no. 3: the first that fires is the file's one reason. */
export const reasonCodes = [
  'type',
  'reserved',
  'name',
  'platform',
  'python',
  'channel_license',
  'channel_exclude_specs',
  'date',
  'signature',
  'cve',
  'uncurated',
  'only_specs',
  'license',
  'exclude_specs',
  'latest_versions',
  'duplicated_legacy_conda',
  'rule_failed',
] as const;

export type ReasonCode = (typeof reasonCodes)[number];

/** Whose rule it was: the whole installation's, the channel's own filters or those of one mirror. */
export type RuleScope = 'installation' | 'channel' | 'mirror';

/** One rule's answer in words: which rule, what it saw, and what a person can do about it. */
export interface Reason {
  code: ReasonCode;
  scope: RuleScope;
  /** The rule as its author wrote it, e.g. `exclude_specs: numpy <1.20`. */
  rule: string;
  /** What the rule saw in this file, e.g. `license is GPL-3.0-or-later`. */
  evidence: string;
  /** What can be done, and by whom. */
  remedy: string;
}

/**
 * The verdict on one file. `changes_at` is the next instant (ms since 1970, UTC) at which time alone could change the
 * answer; absent when time plays no part.
 */
export interface Decision {
  verdict: 'allow' | 'deny' | 'hold';
  reasons: Reason[];
  changes_at?: number;
}
