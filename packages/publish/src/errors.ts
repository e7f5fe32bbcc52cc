export type PublishErrorCode = 'channel_missing' | 'shard_too_large';

/** The one error of the publish room. The last publication goes on serving. */
export class PublishError extends Error {
  override readonly name = 'PublishError';
  readonly code: PublishErrorCode;
  readonly wanted: string | undefined;
  readonly found: string | undefined;

  constructor(
    code: PublishErrorCode,
    message: string,
    options: { wanted?: string; found?: string; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.wanted = options.wanted;
    this.found = options.found;
  }
}
