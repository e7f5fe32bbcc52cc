/** What can go wrong in this room that a caller cannot go on from. Wrong credentials are values, never errors. */
export type IdentityErrorCode =
  | 'account_name'
  | 'password_hash_form'
  | 'token_expiry'
  | 'token_grants'
  | 'token_resource'
  | 'token_scope'
  | 'token_unknown';

/** The fields of an {@link IdentityError} that may be shown; none ever holds a secret. */
export interface IdentityErrorDetails {
  wanted?: string;
  found?: string;
  cause?: unknown;
}

/** The error of the identity room. `message` tells the reader what to do next. */
export class IdentityError extends Error {
  readonly code: IdentityErrorCode;
  readonly wanted: string | undefined;
  readonly found: string | undefined;

  constructor(code: IdentityErrorCode, message: string, details: IdentityErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'IdentityError';
    this.code = code;
    this.wanted = details.wanted;
    this.found = details.found;
  }
}
