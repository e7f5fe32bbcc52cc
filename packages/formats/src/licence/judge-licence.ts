import type { LicenceFamily } from './family.ts';
import { type LicenceName, licenceNameCovers } from './licence-name.ts';
import type { Licence } from './parse-licence.ts';
import { type LicenceLeaf, type LicenceTree, leaves } from './tree.ts';

/** Asked about one licence: of `family`, with an SPDX identifier or `LicenseRef-…` as `id`. */
export type LicencePredicate = (family: LicenceFamily, id: string) => boolean;

/**
 * Whether a licence may be used when `allows` says which may: all of an `and`, one branch of an `or`, and of a licence
 * that counts as several families each.
 */
export function licenceAllowed(licence: Licence, allows: LicencePredicate): boolean {
  return allowed(licence.tree, allows);
}

/** Whether any part of a licence, in whatever branch, is one of those named. */
export function licenceMentions(licence: Licence, names: readonly LicenceName[]): boolean {
  return leaves(licence.tree).some((leaf) => leaf.families.some((family) => covered(names, family, nameOf(leaf))));
}

/** Whether a licence can be used without any of those named: the filter *exclude*. */
export function licenceAvoids(licence: Licence, names: readonly LicenceName[]): boolean {
  return licenceAllowed(licence, (family, id) => !covered(names, family, id));
}

/** Whether a licence can be used with nothing but those named: the filter *include*. */
export function licenceWithin(licence: Licence, names: readonly LicenceName[]): boolean {
  return licenceAllowed(licence, (family, id) => covered(names, family, id));
}

function allowed(tree: LicenceTree, allows: LicencePredicate): boolean {
  if (tree.kind === 'leaf') return tree.families.every((family) => allows(family, nameOf(tree)));
  return tree.kind === 'and'
    ? tree.parts.every((part) => allowed(part, allows))
    : tree.parts.some((part) => allowed(part, allows));
}

function covered(names: readonly LicenceName[], family: LicenceFamily, id: string): boolean {
  return names.some((name) => licenceNameCovers(name, family, id));
}

function nameOf(leaf: LicenceLeaf): string {
  return leaf.id ?? leaf.spdx;
}
