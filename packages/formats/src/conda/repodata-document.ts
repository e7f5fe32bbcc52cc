import type { JsonObject } from './json.ts';
import { countOf, textsOf } from './json-fields.ts';

/** The map of a repodata document a record stands in. The `v3` maps are those of CEP 48. */
export type RepodataBucket = 'packages' | 'packages.conda' | 'v3.tar.bz2' | 'v3.conda';

/** The `info` member of a repodata document; `raw` keeps what is not named here. */
export interface RepodataInfo {
  /** The subdir the document says it describes; clients refuse another than they asked for. */
  subdir: string | undefined;
  /** Where the artifacts are, absolute or relative to the document (CEP 15). */
  baseUrl: string | undefined;
  raw: JsonObject;
}

/**
 * Whether older clients would misread a record: it declares the third schema, or has conditional dependencies, optional
 * groups or flags. It belongs into the `v3` maps, which they never see, wherever it was listed.
 *
 * @see CEP 48; CEP 43, 44, 45
 */
export function needsV3(record: JsonObject): boolean {
  if (record.extra_depends !== undefined || record.flags !== undefined) return true;
  if ((countOf(record.schema_version) ?? 1) >= 3) return true;
  return [...textsOf(record.depends), ...textsOf(record.constrains)].some((spec) => conditional.test(spec));
}

const conditional = /\[.*\bwhen\s*=/;

/**
 * The map a package we index ourselves belongs into, by {@link needsV3}.
 *
 * @param fileName must end in `.conda` or `.tar.bz2`.
 */
export function bucketFor(fileName: string, record: JsonObject): RepodataBucket {
  const isV3 = needsV3(record);
  if (fileName.endsWith('.conda')) return isV3 ? 'v3.conda' : 'packages.conda';
  return isV3 ? 'v3.tar.bz2' : 'packages';
}
