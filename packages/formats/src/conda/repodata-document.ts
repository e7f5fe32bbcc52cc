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
 * The map a package we index ourselves belongs into. What older clients would misread, because it has conditional
 * dependencies, optional groups or flags, goes to `v3`, which they never see.
 *
 * @param fileName must end in `.conda` or `.tar.bz2`.
 * @see CEP 48; CEP 43, 44, 45 for what makes a record v3
 */
export function bucketFor(fileName: string, record: JsonObject): RepodataBucket {
  const conditional = textsOf(record.depends).some((spec) => /\[.*\bwhen\s*=/.test(spec));
  const declared = (countOf(record.schema_version) ?? 1) >= 3;
  const isV3 = declared || conditional || record.extra_depends !== undefined || record.flags !== undefined;
  if (fileName.endsWith('.conda')) return isV3 ? 'v3.conda' : 'packages.conda';
  return isV3 ? 'v3.tar.bz2' : 'packages';
}
