import { MirrorError, type MirrorErrorCode } from '../errors.ts';
import { redact } from '../redact.ts';

// Node's own codes (from the network stack) that no later attempt can mend: the peer's certificate is not trusted.
const certificateCodes = /^(CERT_|ERR_TLS_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/;

/** An answer whose status is not usable, as an error. This and its neighbours decide what is transient, and nobody else. */
export function answerError(status: number, url: URL, retryAfterS: number | undefined): MirrorError {
  const place = redact(url.href);
  const found = `status ${status}`;
  const make = (code: MirrorErrorCode, message: string, transient = false) =>
    new MirrorError(code, message, {
      wanted: 'status 200',
      found,
      status,
      transient,
      retryAfterS: transient ? retryAfterS : undefined,
    });
  if (status === 404 || status === 410)
    return make('upstream_missing', `The upstream has no ${place} (status ${status}).`);
  if (status === 401 || status === 403 || status === 407) {
    return make(
      'upstream_denied',
      `The upstream denies ${place} (status ${status}). Check the credentials in the source's URL.`,
    );
  }
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    return make('upstream_unavailable', `The upstream cannot answer for ${place} now (status ${status}).`, true);
  }
  return make('upstream_malformed', `The upstream answered ${place} with status ${status}, which a mirror cannot use.`);
}

/** The answer of a proxy that makes no way to a place, as an error. */
export function proxyError(status: number, place: string): MirrorError {
  const found = `status ${status}`;
  if (status === 407) {
    return new MirrorError(
      'upstream_denied',
      `The proxy wants other credentials for the way to ${place} (status 407). Check user and password in its URL.`,
      { wanted: 'status 200', found },
    );
  }
  const isFinal = status >= 400 && status < 500 && ![408, 425, 429].includes(status);
  return new MirrorError(
    isFinal ? 'upstream_denied' : 'upstream_unavailable',
    `The proxy makes no way to ${place} (status ${status}).`,
    { wanted: 'status 200', found, transient: !isFinal },
  );
}

/**
 * A failure before there was an answer. An error of ours, or the reason of an abort, passes through.
 *
 * @param proxied whether a proxy was asked.
 */
export function connectionError(
  error: unknown,
  url: URL,
  { signal, proxied }: { signal: AbortSignal | undefined; proxied: boolean },
): unknown {
  if (signal?.aborted) return signal.reason;
  const ours = causes(error).find((cause) => cause instanceof MirrorError);
  if (ours) return ours;
  const code = codeOf(error);
  const place = redact(url.origin);
  // How undici tells of a proxy's 407 to a request without a tunnel; nothing else of ours can be a wrong argument.
  if (proxied && code === 'UND_ERR_INVALID_ARG') return proxyError(407, place);
  if (code !== undefined && certificateCodes.test(code)) {
    return new MirrorError(
      'upstream_unavailable',
      `${place} is not trusted: ${code}. Give its authority's certificate as the mirror's ca, or for all mirrors with SLUICE_CA_FILE.`,
      { found: code, cause: error },
    );
  }
  return new MirrorError('upstream_unavailable', `No answer from ${place}: ${code ?? 'the connection failed'}.`, {
    found: code ?? 'no answer',
    transient: true,
    cause: error,
  });
}

/** A failure while the body came. */
export function bodyError(error: unknown, place: string, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  const ours = causes(error).find((cause) => cause instanceof MirrorError);
  if (ours) return ours;
  const code = codeOf(error);
  return new MirrorError(
    'upstream_unavailable',
    `The answer of ${place} was cut short${code === undefined ? '' : `: ${code}`}.`,
    {
      wanted: 'the whole body',
      found: code ?? 'a part',
      transient: true,
      cause: error,
    },
  );
}

/** The machine-readable code of an error or of what caused it. */
function codeOf(error: unknown): string | undefined {
  return causes(error)
    .map((cause) => ('code' in cause ? cause.code : undefined))
    .find((code) => typeof code === 'string');
}

function causes(error: unknown): Error[] {
  return error instanceof Error ? [error, ...causes(error.cause)] : [];
}
