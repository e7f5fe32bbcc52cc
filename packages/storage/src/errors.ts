/**
 * What went wrong in storage. None of them is retried inside the room.
 *
 * - `blob_missing`: no such bytes here. A row without its blob, or a blob dropped since.
 * - `blob_corrupt`: the bytes are not what their reference or the sender promised (digest or size).
 * - `blob_too_large`: more bytes came than the receiver allowed.
 * - `blob_range`: the asked range does not lie inside the blob.
 * - `blob_packed`: the verb works on whole files, the reference lies in a pack.
 * - `receive_aborted`: the writer gave up; readers of the growing file get this or the writer's own error.
 * - `receive_state`: a verb came out of order (a bug of the caller), such as commit before verified.
 * - `reader_gone`: the one being sent to closed before the end.
 * - `disk_full`: no space or quota left. Transient: the same call succeeds once there is room.
 * - `storage_io`: any other failure of the medium, in `cause`.
 */
export type StorageErrorCode =
  | 'blob_missing'
  | 'blob_corrupt'
  | 'blob_too_large'
  | 'blob_range'
  | 'blob_packed'
  | 'receive_aborted'
  | 'receive_state'
  | 'reader_gone'
  | 'disk_full'
  | 'storage_io';

/** The one error of this room. `wanted` and `found` are safe to show: digests, sizes, states; never a path outside the store. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly code: StorageErrorCode;
  readonly wanted: string | undefined;
  readonly found: string | undefined;

  constructor(
    code: StorageErrorCode,
    message: string,
    details: { wanted?: string | number; found?: string | number; cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.wanted = details.wanted === undefined ? undefined : String(details.wanted);
    this.found = details.found === undefined ? undefined : String(details.found);
  }
}

/** Whether an error says that the bytes of a blob are gone, or are others than they were: trying again is of no use. */
export function isLoss(error: unknown): boolean {
  return error instanceof StorageError && (error.code === 'blob_missing' || error.code === 'blob_corrupt');
}

/** The operating system's own code (`ENOENT`, `ENOSPC`, …) of an error, if it carries one. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/**
 * A failure of the medium as a StorageError: `disk_full` for ENOSPC and EDQUOT, `blob_missing` for ENOENT, else `storage_io`.
 * A StorageError passes through unchanged.
 */
export function mediumError(error: unknown, doing: string): StorageError {
  if (error instanceof StorageError) return error;
  const code = systemCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new StorageError('disk_full', `No room left while ${doing}: free some space, then try again.`, {
      wanted: 'free space',
      found: code,
      cause: error,
    });
  }
  if (code === 'ENOENT') {
    return new StorageError('blob_missing', `Nothing is stored there (${doing}).`, { found: code, cause: error });
  }
  return new StorageError('storage_io', `The blob store failed while ${doing}: ${code ?? 'unknown error'}.`, {
    ...(code === undefined ? {} : { found: code }),
    cause: error,
  });
}
