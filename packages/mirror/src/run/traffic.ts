import { MirrorError } from '../errors.ts';
import type { HttpAnswer, HttpClient } from '../fetch/http-client.ts';
import { redact } from '../redact.ts';
import { bucket } from './bucket.ts';

/** A request to the upstream that failed, for people. No secrets. */
export interface FailedRequest {
  url: string;
  /** What the upstream answered; null when there was no answer, or it broke off. */
  status: number | null;
  /** What was wrong with it: a code of this room. */
  error: string;
  /** How often it was sent in all. */
  attempts: number;
  last_attempt_at: string;
}

/** All that a run asks its upstream passes here, and is counted. */
export interface Traffic {
  /** The way out, held to the mirror's limit of bytes. Index documents count as files do. */
  http: Pick<HttpClient, 'open'>;
  /** Bytes of bodies so far. */
  bytes(): number;
  /** The request that an error of the run comes from, if it comes from one. */
  failedRequest(error: unknown): FailedRequest | undefined;
}

/** More failures are not remembered at once: a file that cannot be had does not end a run. */
const mostRemembered = 1000;

/** Watch the requests of a run. */
export function watchTraffic(
  http: Pick<HttpClient, 'open'>,
  { bytesPerSecond, now }: { bytesPerSecond?: number | undefined; now: () => Date },
): Traffic {
  const failures = new Map<string, FailedRequest>();
  const blamed = new WeakMap<object, FailedRequest>();
  const allow = bytesPerSecond === undefined ? undefined : bucket(bytesPerSecond);
  let lastFailure: FailedRequest | undefined;
  let lastAnswer: Omit<FailedRequest, 'error'> | undefined;
  let bytes = 0;

  function note(url: string, error: MirrorError): void {
    const attempts = (failures.get(url)?.attempts ?? 0) + 1;
    lastFailure = {
      url,
      status: error.status ?? null,
      error: error.code,
      attempts,
      last_attempt_at: now().toISOString(),
    };
    blamed.set(error, lastFailure);
    failures.delete(url);
    failures.set(url, lastFailure);
    if (failures.size > mostRemembered) failures.delete(failures.keys().next().value!);
  }

  async function* watched(body: HttpAnswer['body'], url: string, signal: AbortSignal | undefined) {
    try {
      for await (const chunk of body) {
        bytes += chunk.length;
        await allow?.(chunk.length, signal);
        yield chunk;
      }
    } catch (error) {
      if (error instanceof MirrorError && !signal?.aborted) note(url, error);
      throw error;
    }
    failures.delete(url);
  }

  return {
    http: {
      async open(request) {
        const url = redact(request.url);
        const answer = await http.open({ ...request, onFailure: (error) => note(url, error) });
        const attempts = (failures.get(url)?.attempts ?? 0) + 1;
        lastAnswer = { url, status: answer.status, attempts, last_attempt_at: now().toISOString() };
        return { ...answer, body: watched(answer.body, url, request.signal) };
      },
    },
    bytes: () => bytes,
    failedRequest(error) {
      for (let cause = error; cause instanceof Error; cause = cause.cause) {
        const known = blamed.get(cause);
        if (known) return known;
      }
      if (!(error instanceof MirrorError)) return undefined;
      if (error.code === 'all_files_failed') return lastFailure;
      // The answer came, and was not what it should have been.
      const isContent = ['upstream_malformed', 'digest_mismatch', 'size_mismatch', 'upstream_missing'].includes(
        error.code,
      );
      return isContent && lastAnswer ? { ...lastAnswer, error: error.code } : undefined;
    },
  };
}
