import { licenceOfR } from '@sluice/formats/cran';
import { type Licence, licenceAvoids, licenceWithin, parseLicence, parseLicenceName } from '@sluice/formats/licence';
import type { PackageType } from '@sluice/formats/package';
import type { RuleScope } from '../decision.ts';
import type { LicenceText } from '../facts/facts.ts';
import type { Rule } from '../rule.ts';
import { specSet } from '../specs/spec-set.ts';
import { listText } from './list-text.ts';

/**
 * Is the file's licence one that may be used, or does one of `reAdded` (match specs) lift the filter for it?
 *
 * A non-empty `include` keeps only what can be used with nothing but those; `exclude` drops what cannot be used without
 * one of those. Of `A OR B` one branch is enough, of `A AND B` both parts count. design.md §7 no. 3 and no. 12.
 *
 * @throws {FormatError} `licence_unknown`, and what a spec that cannot be read throws.
 */
export function licenceRule(
  scope: RuleScope,
  include: readonly string[],
  exclude: readonly string[],
  reAdded: readonly string[],
): Rule {
  const within = include.map(parseLicenceName);
  const without = exclude.map(parseLicenceName);
  const prepareReAdded = specSet(reAdded);
  const allowed = (licence: Licence): boolean =>
    (within.length === 0 || licenceWithin(licence, within)) && licenceAvoids(licence, without);
  return {
    code: scope === 'channel' ? 'channel_license' : 'license',
    scope,
    text: [
      include.length > 0 && `include_licenses: ${listText(include)}`,
      exclude.length > 0 && `exclude_licenses: ${listText(exclude)}`,
    ]
      .filter(Boolean)
      .join('; '),
    remedy: `Choose a package under another licence, or ask the owner of the ${scope} for an include_specs entry.`,
    prepare: (facts) => {
      const wrong = facts.licences.map((text) => !allowed(readLicence(facts.type, text)));
      const lifted = prepareReAdded(facts);
      return {
        denies: (i) => wrong[facts.licence[i]!]! && lifted.match(i) === undefined,
        evidence: (i) => evidence(facts.type, facts.licences[facts.licence[i]!]!),
      };
    },
  };
}

/** R spells licences in a way of its own. */
function readLicence(type: PackageType, { license, family }: LicenceText): Licence {
  return type === 'r' ? licenceOfR(license) : parseLicence(license, family);
}

function evidence(type: PackageType, text: LicenceText): string {
  const { license, family } = text;
  const { spdx } = readLicence(type, text);
  if (license === undefined && family === undefined) return 'the package names no licence';
  const read = spdx !== undefined && spdx !== license ? ` (read as ${spdx})` : '';
  return `its licence is ${license ?? `of family ${family}`}${read}`;
}
