export type RegistryErrorCode =
  | 'archive_refused'
  | 'channel_exists'
  | 'channel_filters'
  | 'channel_layer'
  | 'channel_missing'
  | 'channel_name'
  | 'channel_nested'
  | 'channel_stood_on'
  | 'collect_unreadable'
  | 'file_exists'
  | 'file_mirrored'
  | 'file_missing'
  | 'file_name'
  | 'index_duplicate_file'
  | 'inspector_died'
  | 'metadata_mismatch'
  | 'notice_invalid'
  | 'notice_missing'
  | 'patch_invalid'
  | 'patch_missing'
  | 'release_taken'
  | 'reserved_name_exists'
  | 'reserved_name_invalid'
  | 'reserved_name_missing'
  | 'shard_broken'
  | 'subdir_mismatch'
  | 'timestamp_future'
  | 'type_not_allowed'
  | 'upload_empty'
  | 'upload_kind';

/** One thing wrong with what somebody sent. `field` is its wire name, such as `filters.exclude_specs[1]`. */
export interface FieldIssue {
  field: string;
  code: string;
  message: string;
}

interface Details {
  wanted?: string | undefined;
  found?: string | undefined;
  cause?: unknown;
  issues?: readonly FieldIssue[];
}

/** The one error of the registry room: a deed that was refused. Nothing of it has happened. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly code: RegistryErrorCode;
  readonly wanted: string | undefined;
  readonly found: string | undefined;
  readonly issues: readonly FieldIssue[];

  constructor(code: RegistryErrorCode, message: string, details: Details = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.wanted = details.wanted;
    this.found = details.found;
    this.issues = details.issues ?? [];
  }
}

/** The refusal of a deed in a channel that is not there (any more). */
export function channelMissing(path: string): RegistryError {
  return new RegistryError('channel_missing', `There is no channel ${path}; it may just have been deleted.`, {
    found: path,
  });
}
