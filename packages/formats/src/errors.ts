/**
 * What can be wrong with a text or value this room was asked to read. Add a code here when a reader needs a new one.
 */
export type FormatErrorCode =
  | 'conda_build_string'
  | 'conda_channel'
  | 'conda_file_name'
  | 'conda_label'
  | 'conda_match_spec'
  | 'conda_package_name'
  | 'conda_spec_regex'
  | 'conda_subdir'
  | 'conda_version'
  | 'conda_version_spec'
  | 'cran_file_name'
  | 'cran_package_name'
  | 'cran_requirement'
  | 'cran_version'
  | 'about_json'
  | 'attestation'
  | 'bundle_base'
  | 'bundle_contents'
  | 'bundle_manifest'
  | 'bundle_state'
  | 'bundle_tar'
  | 'dcf_limit'
  | 'dcf_syntax'
  | 'description'
  | 'digest_md5'
  | 'digest_sha256'
  | 'general_file'
  | 'index_json'
  | 'licence_unknown'
  | 'link_json'
  | 'notice'
  | 'patch_instructions'
  | 'patch_key'
  | 'patch_v3'
  | 'patch_version'
  | 'paths_json'
  | 'python_file_name'
  | 'python_marker'
  | 'python_metadata'
  | 'python_name'
  | 'python_requirement'
  | 'python_specifier'
  | 'python_version'
  | 'r_shard'
  | 'rds_limit'
  | 'rds_syntax'
  | 'record_file_mismatch'
  | 'record_shape'
  | 'repodata_limit'
  | 'repodata_order'
  | 'repodata_syntax'
  | 'repodata_truncated'
  | 'repodata_version'
  | 'run_exports_json'
  | 'shard_syntax'
  | 'simple_limit'
  | 'simple_malformed'
  | 'simple_version'
  | 'upload_form';

/**
 * The one error of the formats room: a text that is not what it claims to be.
 *
 * `wanted` and `found` are short and safe to show to whoever sent the text; `message` says what to do next.
 */
export class FormatError extends Error {
  override readonly name = 'FormatError';
  readonly code: FormatErrorCode;
  readonly wanted: string | undefined;
  readonly found: string | undefined;

  constructor(
    code: FormatErrorCode,
    message: string,
    options: { wanted?: string; found?: string; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.wanted = options.wanted;
    this.found = options.found;
  }
}

/**
 * A text as an error may show it: quoted, on one line, at most 80 characters of it.
 */
export function excerpt(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
