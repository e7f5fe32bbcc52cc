export type PolicyErrorCode = 'columns_format' | 'rule_invalid';

/** The one error of the policy room. A rule that fails while it judges is not an error: it denies. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
  readonly code: PolicyErrorCode;
  readonly wanted: string | undefined;
  readonly found: string | undefined;

  constructor(
    code: PolicyErrorCode,
    message: string,
    options: { wanted?: string; found?: string; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.wanted = options.wanted;
    this.found = options.found;
  }
}
