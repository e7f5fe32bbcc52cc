/** What a project's owners say of it. @see PEP 792 */
export type ProjectStatus = 'active' | 'archived' | 'quarantined' | 'deprecated';

/** One file of a project, as an index describes it. @see PEP 691, PEP 700, PEP 714, PEP 740 */
export interface SimpleFile {
  readonly filename: string;
  /** As written: it may be relative to the page. Empty for files uploaded here, which get theirs when they are served. */
  readonly url: string;
  /** Hex digests by algorithm, both in lower case. */
  readonly hashes: Readonly<Record<string, string>>;
  readonly requiresPython?: string;
  /** Bytes. */
  readonly size?: number;
  /** ISO 8601, UTC. */
  readonly uploadTime?: string;
  /** `true` or the reason; an empty reason counts as `true` in HTML and as not yanked in JSON, as installers read them. */
  readonly yanked: boolean | string;
  /** Whether the metadata can be had at `<url>.metadata`, with its SHA-256 where that is known. */
  readonly coreMetadata: boolean | { readonly sha256: string };
  /** The address of its attestations. */
  readonly provenance?: string;
  readonly gpgSig?: boolean;
}

/** A file and the JSON text of it that is kept as its record. */
export interface SimpleEntry extends SimpleFile {
  /** Of a JSON page: the very text of its object. Of an HTML page: the same said in JSON. */
  readonly text: string;
}

/** The page of one project. */
export interface SimplePage {
  /** As the page has it, normalised in JSON; undefined where an HTML page does not tell. */
  readonly name: string | undefined;
  readonly status: ProjectStatus;
  readonly statusReason: string | undefined;
  readonly files: readonly SimpleEntry[];
  /** Entries nobody can use and that were passed over: without a file name or address. */
  readonly passedOver: number;
  /** `_last-serial`, where the index says it. */
  readonly lastSerial: number | undefined;
}
