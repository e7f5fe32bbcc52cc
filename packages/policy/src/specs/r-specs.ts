import { parseRRequirement, parseRVersion, type RVersion, rVersionMeets } from '@sluice/formats/cran';
import { type NamedSpec, namedSpecs } from './named-specs.ts';

/**
 * Read a spec of R packages: a name, in which `*` stands for any text, and bounds: `dplyr (>= 1.0)`, `dplyr >=1.0, <2`.
 *
 * @throws {FormatError} `cran_requirement`, `cran_version`.
 */
export function readRSpec(text: string): NamedSpec<RVersion> {
  const { name, bounds } = parseRRequirement(text);
  return { text, name, allows: (version) => rVersionMeets(version, bounds) };
}

/** Several of them as one question. @throws {FormatError} as {@link readRSpec}. */
export function rSpecs(texts: readonly string[]) {
  return namedSpecs(texts.map(readRSpec), parseRVersion);
}
