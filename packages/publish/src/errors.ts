export type PublishErrorCode =
  | 'channel_missing'
  | 'monolith_drift'
  | 'monolith_uncounted'
  | 'pin_missing'
  | 'pin_name'
  | 'publication_missing'
  | 'ref_malformed';

/** The one error of the publish room: a publication that was asked for and is not there, or is not what it says. Never retry. */
export class PublishError extends Error {
  override readonly name = 'PublishError';
  readonly code: PublishErrorCode;
  readonly wanted: string | undefined;
  readonly found: string | undefined;

  constructor(code: PublishErrorCode, message: string, details: { wanted?: string; found?: string } = {}) {
    super(message);
    this.code = code;
    this.wanted = details.wanted;
    this.found = details.found;
  }
}
