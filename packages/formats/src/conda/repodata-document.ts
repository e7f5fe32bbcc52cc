import type { JsonObject } from './json.ts';
import { countOf, textsOf } from './json-fields.ts';

/** The maps of a repodata document in its order, in which their keys sort. The `v3` maps are those of CEP 48. */
export const repodataBuckets = ['packages', 'packages.conda', 'v3.conda', 'v3.tar.bz2'] as const;

/** The map of a repodata document a record stands in. */
export type RepodataBucket = (typeof repodataBuckets)[number];

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
 * The map a file stands in.
 *
 * @param fileName must end in `.conda` or `.tar.bz2`.
 * @param v3 whether it stands in the `v3` maps, as what {@link needsV3} does.
 */
export function bucketOf(fileName: string, v3: boolean): RepodataBucket {
  if (fileName.endsWith('.conda')) return v3 ? 'v3.conda' : 'packages.conda';
  return v3 ? 'v3.tar.bz2' : 'packages';
}

/** The key a file has in its map: in those of `v3` without its ending. */
export function bucketKey(bucket: RepodataBucket, fileName: string): string {
  return bucket.startsWith('v3.') ? fileName.slice(0, -bucket.slice(2).length) : fileName;
}
