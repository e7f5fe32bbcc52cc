import { type Licence, parseLicence } from '../licence/index.ts';
import { parseRRequirement, rVersionMeets } from './requirement.ts';
import { parseNumericVersion } from './version.ts';

/** The versions there are of the licences whose versions people bound. */
const versions: Readonly<Record<string, readonly string[]>> = {
  GPL: ['2.0', '3.0'],
  LGPL: ['2.0', '2.1', '3.0'],
  AGPL: ['3.0'],
  MPL: ['1.0', '1.1', '2.0'],
};

/** R's own names that mean something else, or nothing, elsewhere. */
const names: Readonly<Record<string, string>> = {
  FreeBSD: 'BSD-2-Clause-Views',
  'CeCILL-2': 'CECILL-2.0',
  'Mozilla Public License': 'MPL',
};

/**
 * Read the `License` of an R package: alternatives with `|`, versions with bounds, `+ file LICENSE` with terms of the
 * package's own, or the year and holder of a template. A bound that leaves a choice of versions becomes that choice:
 * `LGPL (>= 2.0, < 3)` is LGPL-2.0-only or LGPL-2.1-only.
 *
 * @see Writing R Extensions, "Licensing"
 */
export function licenceOfR(text: string | undefined): Licence {
  const written = text
    ?.replace(/\b([AL]?GPL|MPL|Mozilla Public License)\s*\(([^()]{1,100})\)/g, (whole, name: string, bounds: string) =>
      choiceOf(names[name] ?? name, bounds, whole),
    )
    .split('|')
    .map((alternative) => names[alternative.trim()] ?? alternative)
    .join('|');
  return { ...parseLicence(written), raw: text };
}

function choiceOf(name: string, bounds: string, whole: string): string {
  const wanted = readBounds(bounds);
  if (wanted === undefined) return whole;
  const open = name !== 'MPL' && wanted.every(({ comparison }) => comparison === '>=' || comparison === '>');
  const met = versions[name]!.filter((version) => rVersionMeets(parseNumericVersion(version), wanted));
  if (met.length === 0) return whole;
  if (open) return `${name}-${met[0]}+`;
  return met.length === 1 ? `${name}-${met[0]}` : `(${met.map((version) => `${name}-${version}`).join(' OR ')})`;
}

function readBounds(text: string) {
  try {
    return parseRRequirement(`x (${text})`).bounds;
  } catch {
    return undefined;
  }
}
