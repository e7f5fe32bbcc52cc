/**
 * What can go wrong between an upstream and the catalog.
 *
 * - `definition_invalid`: a mirror's definition breaks a rule; `issues` says where, all at once.
 * - `source_url`: the source is not a URL or folder this room reads.
 * - `source_refused`: the source guard forbids the address (design.md §6, `SLUICE_SOURCES`).
 * - `upstream_unavailable`: no usable answer: refused connection, time-out, 5xx, 429, a body cut short.
 * - `upstream_missing`: the upstream answers, and says there is no such thing.
 * - `upstream_denied`: the upstream wants other credentials (401, 403, 407).
 * - `upstream_malformed`: the answer is not what it claims to be (HTML for repodata, broken zstd, endless redirects).
 * - `digest_mismatch`, `size_mismatch`, `archive_refused`: bytes are not those their record promises; never stored.
 * - `index_too_large`: an active mirror of a whole index that has too many projects.
 * - `all_files_failed`: not one file of a run could be brought in.
 * - `dependencies_off`: the mirror does not include dependencies. `dependencies_unknown`: they are not worked out yet.
 * - `run_open`: the mirror has a run that is not over yet. `run_idle`: it has none to stop.
 * - `run_stopped`: the run was asked to stop. `fenced_out`: this worker lost its lease; it must write nothing more.
 * - `bundle_invalid`: what somebody wants in a bundle cannot be met. `bundle_output`: it cannot be written there.
 * - `bundle_missing`, `bundle_part_missing`: there is none here. `bundle_open`, `bundle_over`: the work on it goes on, or has ended.
 * - `bundle_base_missing`: the bundle that a delta builds on is not known. `bundle_foreign`: another installation signed it.
 * - `bundle_key_sealed`: the signing key was sealed with another SLUICE_SECRET_KEY.
 * - `bundle_schedule_taken`, `bundle_schedule_missing`: what their names say.
 * - `channel_missing`, `mirror_missing`, `mirror_name_taken`, `mode_fixed`: what their names say.
 * - `bundle_replayed`: this bundle, or a later one of its series, is in already. `bundle_mixed`: parts of two bundles.
 *   `bundle_base_missing`: what a bundle builds on is not here. `bundle_cut`, `bundle_tampered`, `bundle_malformed`: it is not what was
 *   signed, or cannot be read. `bundle_foreign`: its issuer is not trusted. `bundle_key`: no public key. `bundle_missing`: there is no such bundle or trusted issuer.
 *   `bundle_closed`: it takes no parts (any more), or must stay. `bundle_offset`: other bytes of a part are here than was thought.
 */
export type MirrorErrorCode =
  | 'definition_invalid'
  | 'source_url'
  | 'source_refused'
  | 'internal_forbidden'
  | 'upstream_unavailable'
  | 'upstream_missing'
  | 'upstream_denied'
  | 'upstream_malformed'
  | 'digest_mismatch'
  | 'size_mismatch'
  | 'archive_refused'
  | 'index_too_large'
  | 'all_files_failed'
  | 'run_open'
  | 'run_idle'
  | 'run_stopped'
  | 'fenced_out'
  | 'bundle_base_missing'
  | 'bundle_foreign'
  | 'bundle_invalid'
  | 'bundle_key_sealed'
  | 'bundle_missing'
  | 'bundle_open'
  | 'bundle_output'
  | 'bundle_over'
  | 'bundle_part_missing'
  | 'bundle_schedule_missing'
  | 'bundle_schedule_taken'
  | 'channel_missing'
  | 'mirror_missing'
  | 'mirror_name_taken'
  | 'bundle_cut'
  | 'bundle_replayed'
  | 'bundle_mixed'
  | 'bundle_tampered'
  | 'bundle_malformed'
  | 'bundle_key'
  | 'bundle_closed'
  | 'bundle_offset'
  | 'mode_fixed'
  | 'dependencies_off'
  | 'dependencies_unknown';

/** One thing wrong with a mirror's definition. `field` is its wire name, such as `filters.only_specs[1]`. */
export interface DefinitionIssue {
  field: string;
  code:
    | 'required'
    | 'not_text'
    | 'not_list'
    | 'not_boolean'
    | 'unknown_field'
    | 'name_invalid'
    | 'mode_invalid'
    | 'type_not_supported'
    | 'source_url'
    | 'proxy_invalid'
    | 'credentials_invalid'
    | 'ca_invalid'
    | 'limit_invalid'
    | 'limit_unknown'
    | 'grace_invalid'
    | 'score_invalid'
    | 'cron_invalid'
    | 'time_zone_invalid'
    | 'subdir_invalid'
    | 'tree_invalid'
    | 'project_invalid'
    | 'platform_invalid'
    | 'python_version_invalid'
    | 'environment_invalid'
    | 'not_count'
    | 'keep_legacy'
    | 'filter_of_another_type'
    | 'spec_invalid'
    | 'spec_key_not_supported'
    | 'license_unknown'
    | 'date_invalid'
    | 'date_order'
    | 'specs_conflict'
    | 'filter_unknown';
  message: string;
}

interface Details {
  wanted?: string;
  found?: string;
  cause?: unknown;
  /** Whether the same request may succeed later without anyone doing anything. Decided where the error is made. */
  transient?: boolean;
  /** Seconds the upstream asked us to wait. */
  retryAfterS?: number | undefined;
  /** What an upstream answered that was of no use. */
  status?: number | undefined;
  issues?: readonly DefinitionIssue[];
}

/** The one error of the mirror room. `message`, `wanted` and `found` hold no secret and no token; URLs in them are redacted. */
export class MirrorError extends Error {
  override readonly name = 'MirrorError';
  readonly code: MirrorErrorCode;
  readonly transient: boolean;
  readonly wanted: string | undefined;
  readonly found: string | undefined;
  readonly retryAfterS: number | undefined;
  readonly status: number | undefined;
  readonly issues: readonly DefinitionIssue[];

  constructor(code: MirrorErrorCode, message: string, details: Details = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.transient = details.transient ?? false;
    this.wanted = details.wanted;
    this.found = details.found;
    this.retryAfterS = details.retryAfterS;
    this.status = details.status;
    this.issues = details.issues ?? [];
  }
}
