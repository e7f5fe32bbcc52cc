/**
 * Why an archive was refused. Every refusal is final for these bytes: the same file is refused again.
 *
 * Container: `not_an_archive`, `truncated`, `corrupt`, `trailing_garbage`, `encrypted`, `zip_local_central_mismatch`, `zip_member_unexpected`,
 * `zip_member_missing`, `zip_member_compressed`, `conda_format_version`.
 * Entries: `path_absolute`, `path_parent`, `path_invalid`, `path_reserved`, `path_duplicate_index`, `path_duplicate`, `link_escape`, `device_entry`, `entry_unsupported`.
 * Contents: `missing_index_json`, `info_json_invalid`.
 * Bundles: `bundle_cut`, `bundle_tampered`, `bundle_foreign`, `bundle_malformed`.
 * Limits: `too_many_entries`, `too_large`, `ratio`, `too_deep`, `too_slow`.
 */
export type ArchiveErrorCode =
  | 'not_an_archive'
  | 'truncated'
  | 'corrupt'
  | 'trailing_garbage'
  | 'encrypted'
  | 'zip_local_central_mismatch'
  | 'zip_member_unexpected'
  | 'zip_member_missing'
  | 'zip_member_compressed'
  | 'conda_format_version'
  | 'path_absolute'
  | 'path_parent'
  | 'path_invalid'
  | 'path_reserved'
  | 'path_duplicate_index'
  | 'path_duplicate'
  | 'link_escape'
  | 'device_entry'
  | 'entry_unsupported'
  | 'missing_index_json'
  | 'info_json_invalid'
  | 'metadata_missing'
  | 'metadata_invalid'
  | 'metadata_mismatch'
  | 'package_folder'
  | 'record_mismatch'
  | 'bundle_cut'
  | 'bundle_tampered'
  | 'bundle_foreign'
  | 'bundle_malformed'
  | 'too_many_entries'
  | 'too_large'
  | 'ratio'
  | 'too_deep'
  | 'too_slow';

/** The one error of this room. All fields are safe to show; `entry` is the member at fault, cut to 200 characters. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError';
  readonly code: ArchiveErrorCode;
  readonly entry: string | undefined;
  readonly wanted: string | undefined;
  readonly found: string | undefined;

  constructor(
    code: ArchiveErrorCode,
    message: string,
    details: { entry?: string; wanted?: string | number; found?: string | number; cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.entry = details.entry?.slice(0, 200);
    this.wanted = details.wanted === undefined ? undefined : String(details.wanted);
    this.found = details.found === undefined ? undefined : String(details.found);
  }
}
