import type { JsonObject } from './json.ts';

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
