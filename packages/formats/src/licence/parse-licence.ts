import { familyNames, type LicenceFamily, readFamilyName } from './family.ts';
import { readLooseExpression } from './loose-expression.ts';
import { type LicenceTree, leaves, printTree, refLeaf } from './tree.ts';

/** A package's licence, understood as far as it can be. */
export interface Licence {
  /** As the package has it. */
  raw: string | undefined;
  /** As an SPDX expression, with `LicenseRef-…` for what SPDX does not list; undefined when there is no licence. */
  spdx: string | undefined;
  tree: LicenceTree;
  /** Every family in it, sorted, for showing and counting. What decides is the tree. */
  families: readonly LicenceFamily[];
}

/** Longer than any expression; what is longer is a licence text, and nobody reads that here. */
const maxLength = 500;

/**
 * Read a package's licence: SPDX, deprecated or misspelt SPDX, conda-build's comma lists, R's alternatives, or words.
 * Never fails: what says nothing is of family Other, what is not there of family None.
 *
 * The expression decides. The declared family, which people fill in by hand and builders guess, counts only where the
 * expression is silent: without a licence, with one of family Other, or with a GPL that names no version.
 *
 * @param family the record's `license_family`.
 */
export function parseLicence(raw: string | null | undefined, family?: string | null): Licence {
  const text = raw?.trim().replace(/\s+/g, ' ') ?? '';
  const tree = settle(readText(text), family ?? '');
  const families = new Set(leaves(tree).flatMap((leaf) => leaf.families));
  const isNone = families.has('None');
  return { raw: raw ?? undefined, spdx: isNone ? undefined : printTree(tree), tree, families: [...families].sort() };
}

function readText(text: string): LicenceTree {
  if (text === '' || /^none$/i.test(text)) return refLeaf('none', ['None']);
  return text.length > maxLength ? refLeaf('text', ['Other']) : readLooseExpression(text);
}

function settle(tree: LicenceTree, declared: string): LicenceTree {
  const name = readFamilyName(declared);
  if (name === undefined || name === 'Other' || name === 'None' || tree.kind !== 'leaf') return tree;
  const families: readonly LicenceFamily[] = declaredFamilies(name);
  const narrows = families.every((family) => tree.families.includes(family));
  const silent = tree.families.includes('None') || tree.families.includes('Other');
  if (!silent && !narrows) return tree;
  return tree.families.includes('None') ? refLeaf(name, families) : { ...tree, families };
}

function declaredFamilies(name: keyof typeof familyNames): readonly LicenceFamily[] {
  return name === 'GPL' ? familyNames.GPL : [familyNames[name][0]];
}
