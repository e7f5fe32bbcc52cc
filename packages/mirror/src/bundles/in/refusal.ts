import { MirrorError, type MirrorErrorCode } from '../../errors.ts';

const codes: readonly string[] = ['bundle_cut', 'bundle_tampered', 'bundle_foreign', 'bundle_malformed'];

/** What readers of other rooms say of a bundle, as this room says it; everything else as it is. */
export function bundleRefusal(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  const { code, wanted, found } = error as Error & { code: string; wanted?: string; found?: string };
  const details = { ...(wanted && { wanted }), ...(found && { found }), cause: error };
  if (error.name === 'ArchiveError' && codes.includes(code)) {
    return new MirrorError(code as MirrorErrorCode, error.message, details);
  }
  if ('syscall' in error && /^E[A-Z]+$/.test(code)) {
    const message = `A file of the bundle cannot be read or written: ${error.message}. Bring it back, and import it again.`;
    return new MirrorError('upstream_unavailable', message, details);
  }
  if (error.name !== 'FormatError') return error;
  if (code === 'bundle_base') return new MirrorError('bundle_base_missing', error.message, details);
  return new MirrorError('bundle_malformed', error.message, details);
}
