import type { Random } from './random.ts';

/** A licence as a record writes it, and what a filter by family must make of it. */
export interface SyntheticLicence {
  readonly license: string | undefined;
  readonly family: string | undefined;
  /** The choices it offers: one of them must be free of forbidden families. */
  readonly choices: readonly (readonly string[])[];
}

/** Shares of a thousand names; written by hand, so that it is independent of Sluice's own reading. */
const mix: readonly [number, string | undefined, string | undefined, ...string[][]][] = [
  [270, 'MIT', 'MIT', ['mit']],
  [150, 'BSD-3-Clause', 'BSD', ['bsd']],
  [40, 'BSD-2-Clause', 'BSD', ['bsd']],
  [130, 'Apache-2.0', 'Apache', ['apache']],
  [60, 'GPL-3.0-or-later', 'GPL3', ['gpl3']],
  [40, 'GPL-3.0-only', 'GPL3', ['gpl3']],
  [60, 'GPL-2.0-or-later', 'GPL2', ['gpl2']],
  [15, 'GPL-2.0-only WITH Classpath-exception-2.0', 'GPL2', ['gpl2']],
  [25, 'LGPL-2.1-or-later', 'LGPL', ['lgpl']],
  [15, 'LGPL-3.0-only', 'LGPL', ['lgpl']],
  [12, 'AGPL-3.0-only', 'AGPL', ['agpl']],
  [6, 'AGPL-3.0-or-later', undefined, ['agpl']],
  [20, 'MPL-2.0', 'MOZILLA', ['mozilla']],
  [20, 'ISC', 'OTHER', ['other']],
  [10, 'Zlib', 'OTHER', ['other']],
  [10, 'PSF-2.0', 'PSF', ['psf']],
  [10, 'Unlicense', 'PUBLIC-DOMAIN', ['public_domain']],
  [15, 'Apache-2.0 OR MIT', undefined, ['apache'], ['mit']],
  [10, 'MIT OR GPL-3.0-or-later', undefined, ['mit'], ['gpl3']],
  [6, 'GPL-3.0-only AND BSD-3-Clause', undefined, ['gpl3', 'bsd']],
  [8, 'Artistic-1.0-Perl OR GPL-1.0-or-later', 'OTHER', ['other'], ['gpl2', 'gpl3']],
  [10, 'LicenseRef-Proprietary', 'PROPRIETARY', ['proprietary']],
  [14, 'BSD', 'BSD', ['bsd']],
  [8, 'GPL-2', 'GPL2', ['gpl2']],
  [8, 'GPL-3', 'GPL3', ['gpl3']],
  [8, 'Apache 2.0', 'Apache', ['apache']],
  [20, undefined, undefined, ['none']],
];

const licences: readonly SyntheticLicence[] = mix.flatMap(([share, license, family, ...choices]) =>
  new Array<SyntheticLicence>(share).fill({ license, family, choices }),
);

/** One of the licences, as often as its share says. */
export function drawLicence(random: Random): SyntheticLicence {
  return licences[random.below(licences.length)]!;
}
