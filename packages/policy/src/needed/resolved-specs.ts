import { compareVersions, parseVersion } from '@sluice/formats/conda';
import { compareRVersions, parseRVersion } from '@sluice/formats/cran';
import { packageTypeOf } from '@sluice/formats/package';
import type { ReasonCode, RuleScope } from '../decision.ts';
import type { Verdicts } from '../evaluate.ts';
import type { Rule } from '../rule.ts';
import type { NamedRows } from './named-rows.ts';
import type { PartDepends } from './needed-files.ts';
import type { Need } from './spec-book.ts';

/** A part whose files were judged: row i is kept where `verdicts[i]` is 0; k: rule k − 1 took it out. */
export interface JudgedPart extends PartDepends {
  verdicts: Verdicts;
  rules: readonly Rule[];
}

/** The same with what resolving needs. */
export interface IndexedPart extends JudgedPart {
  rows: NamedRows;
}

/** What came of a spec. `files` and `versions` are of what is kept; `refused` counts files that fit and were taken out. */
export interface Resolution {
  status: 'present' | 'missing';
  files: number;
  versions: number;
  /** The newest version that is kept. */
  newest: string | null;
  refused: number;
  /**
   * Why it is missing: no package of that name in the source, none in that range, a spec that cannot be read, or the rule that took
   * out the newest file that fits.
   */
  reason: 'no_package' | 'no_version' | 'unreadable' | 'hidden' | ReasonCode | null;
  /** That rule as its author wrote it, and whose it is. */
  rule: string | null;
  scope: RuleScope | null;
}

const nothing = { files: 0, versions: 0, newest: null, refused: 0, rule: null, scope: null };

/** Look for what satisfies a spec in some parts. */
export function resolveNeed(need: Need | undefined, parts: readonly IndexedPart[]): Resolution {
  if (!need) return { ...nothing, status: 'missing', reason: 'unreadable' };
  const kept = new Set<string>();
  const refused = new Map<string, Refusal>();
  let [files, out, named] = [0, 0, 0];
  for (const part of parts) {
    const { rows, verdicts, facts } = part;
    const some = rows.rows(need.name);
    named += some.length;
    const allows = need.over(rows);
    for (const i of some) {
      if (!allows(i)) continue;
      const version = facts.versions[facts.version[i]!]!;
      const verdict = verdicts[i]!;
      if (verdict === 0) {
        files++;
        kept.add(version);
      } else {
        out++;
        if (!refused.has(version)) refused.set(version, { part, verdict });
      }
    }
  }
  const type = packageTypeOf(parts[0]?.facts.subdir ?? 'noarch');
  if (files > 0) {
    const found = { files, versions: kept.size, newest: newestOf(type, kept), refused: out };
    return { ...nothing, ...found, status: 'present', reason: null };
  }
  const missing = { ...nothing, status: 'missing', refused: out } as const;
  if (out > 0) return { ...missing, ...ruleOf(refused.get(newestOf(type, refused.keys())!)!) };
  return { ...missing, reason: named > 0 ? 'no_version' : 'no_package' };
}

/** Rows that no rule took out, but something that lies above. */
const hidden = { reason: 'hidden', rule: null, scope: null } as const;

type Refusal = { part: JudgedPart; verdict: number };

function ruleOf({ part, verdict }: Refusal): Pick<Resolution, 'reason' | 'rule' | 'scope'> {
  const rule = part.rules[verdict - 1];
  return rule ? { reason: rule.code, rule: rule.text, scope: rule.scope } : hidden;
}

function newestOf(type: string, versions: Iterable<string>): string | null {
  let newest: string | null = null;
  for (const version of versions) if (newest === null || isNewer(type, version, newest)) newest = version;
  return newest;
}

function isNewer(type: string, version: string, than: string): boolean {
  return type === 'r'
    ? compareRVersions(parseRVersion(version), parseRVersion(than)) > 0
    : compareVersions(parseVersion(version), parseVersion(than)) > 0;
}
