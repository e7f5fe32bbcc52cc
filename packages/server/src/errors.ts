import type { Reason } from '@sluice/policy';

/** What the server itself refuses. Other rooms have their own codes; `http/error-response.ts` gives each its status. */
export type ServerErrorCode =
  | 'channel_frozen'
  | 'config_invalid'
  | 'file_deleted'
  | 'file_hidden'
  | 'file_missing'
  | 'file_not_published'
  | 'forbidden'
  | 'login_limited'
  | 'login_refused'
  | 'media_type'
  | 'method_not_allowed'
  | 'not_a_token'
  | 'not_acceptable'
  | 'not_found'
  | 'policy_denied'
  | 'project_refused'
  | 'start_failed'
  | 'unauthenticated'
  | 'unavailable'
  | 'upload_action'
  | 'upload_digest'
  | 'upload_form'
  | 'upload_refused'
  | 'upload_size'
  | 'upload_too_large';

/** The fields of a {@link ServerError} that may be shown; none ever holds a secret. */
export interface ServerErrorDetails {
  wanted?: string;
  found?: string;
  cause?: unknown;
  /** Seconds after which the same request may succeed. */
  retry_after_s?: number;
  /** Why rules refused a file, all of them. */
  reasons?: readonly Reason[];
}

/** The error of the server room. `message` tells the reader what to do next. */
export class ServerError extends Error {
  override readonly name = 'ServerError';
  readonly code: ServerErrorCode;
  readonly wanted: string | undefined;
  readonly found: string | undefined;
  readonly retry_after_s: number | undefined;
  readonly reasons: readonly Reason[] | undefined;

  constructor(code: ServerErrorCode, message: string, details: ServerErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.wanted = details.wanted;
    this.found = details.found;
    this.retry_after_s = details.retry_after_s;
    this.reasons = details.reasons;
  }
}
