export type RegistryErrorCode =
  | 'archive_refused'
  | 'channel_frozen'
  | 'channel_missing'
  | 'channel_exists'
  | 'channel_name'
  | 'digest_mismatch'
  | 'file_exists'
  | 'file_missing'
  | 'file_name'
  | 'index_duplicate_file'
  | 'index_invalid'
  | 'metadata_mismatch'
  | 'size_mismatch'
  | 'subdir_mismatch'
  | 'type_not_allowed'
  | 'upload_empty';

/** The one error of the registry room: a deed that was refused. Nothing of it has happened. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly code: RegistryErrorCode;
  readonly wanted: string | undefined;
  readonly found: string | undefined;

  constructor(
    code: RegistryErrorCode,
    message: string,
    options: { wanted?: string | undefined; found?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.wanted = options.wanted;
    this.found = options.found;
  }
}
