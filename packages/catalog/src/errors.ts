/**
 * What the catalog cannot go on from. Add a code here when a file of this room needs a new one.
 */
export type CatalogErrorCode =
  | 'copy_format'
  | 'copy_value'
  | 'dump_column_type'
  | 'dump_damaged'
  | 'dump_other_schema'
  | 'dump_target_not_empty'
  | 'int8_unsafe'
  | 'pg_cannot_run_as_root'
  | 'pg_in_use'
  | 'pg_initdb_failed'
  | 'pg_no_binaries'
  | 'pg_other_major'
  | 'pg_socket_directory'
  | 'pg_start_failed'
  | 'schema_changed'
  | 'schema_files'
  | 'schema_newer';

/**
 * The one error of the catalog room.
 *
 * `wanted` and `found` are short and safe to show; `message` names both and says what to do next.
 */
export class CatalogError extends Error {
  override readonly name = 'CatalogError';
  readonly code: CatalogErrorCode;
  readonly wanted: string | undefined;
  readonly found: string | undefined;

  constructor(
    code: CatalogErrorCode,
    message: string,
    options: { wanted?: string; found?: string; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.wanted = options.wanted;
    this.found = options.found;
  }
}
