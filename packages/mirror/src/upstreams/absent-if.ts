import { MirrorError } from '../errors.ts';

/** For `catch`: undefined when the upstream says there is no such thing. */
export function absentIfMissing(error: unknown): undefined {
  if (error instanceof MirrorError && error.code === 'upstream_missing') return undefined;
  throw error;
}

/** For `catch`: undefined too when it denies it, or answers with something else, as some do for what they do not have. */
export function absentIfNone(error: unknown): undefined {
  if (error instanceof MirrorError && noneCodes.includes(error.code)) return undefined;
  throw error;
}

const noneCodes = ['upstream_missing', 'upstream_denied', 'upstream_malformed'];
