import { FormatError } from '@sluice/formats/errors';
import { ArchiveError, type ArchiveErrorCode } from '../errors.ts';

type BundleCode = Extract<ArchiveErrorCode, `bundle_${string}`>;

const remedies: Record<BundleCode, string> = {
  bundle_cut: 'is cut short. Copy it here again.',
  bundle_tampered: 'is not what its issuer signed. Do not use it; have it brought again, and ask who carried it.',
  bundle_foreign:
    'was signed by a key that is not trusted here. If you know whose it is, add it: npx sluice bundle trust add.',
  bundle_malformed: 'is no part of a bundle that this Sluice can read.',
};

/** The refusal of a part of a bundle, in words. `path` names the file. */
export function bundleError(
  code: BundleCode,
  path: string,
  details: { wanted?: string | number; found?: string | number; entry?: string; cause?: unknown } = {},
): ArchiveError {
  const said = details.wanted === undefined ? '' : ` Wanted ${details.wanted}, found ${details.found}.`;
  return new ArchiveError(code, `${path} ${remedies[code]}${said}`, details);
}

/** What the formats room says of bytes that are no bundle, as such a refusal; everything else as it is. */
export function asBundleError(path: string, error: unknown): unknown {
  if (!(error instanceof FormatError)) return error;
  const { wanted = '', found = '' } = error;
  return bundleError('bundle_malformed', path, { wanted: String(wanted), found: String(found), cause: error });
}
