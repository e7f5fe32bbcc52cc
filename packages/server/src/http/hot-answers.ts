import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LastUsed, Principal } from '@sluice/identity';
import { MEMORY_AGE_MS } from './memory-age.ts';
import type { Metrics } from './metrics.ts';
import { acceptsZstd } from './protocols/accept-encoding.ts';
import { isNotModified } from './protocols/conditional.ts';
import type { ReadyAnswer } from './protocols/send-answer.ts';

/** Where the answer to a request may be kept: who asked for what, and what the memory knew then. */
export interface HotKey {
  /** The header that said who asks, as it came; empty for none. A token in the path is in `url`. */
  credential: string;
  url: string;
  generation: number;
}

/** Answers to what clients ask in thousands, given before anything else looks at the request. */
export interface HotAnswers {
  /**
   * Answer from memory.
   *
   * @returns true when that is done; else under which key the answer may be kept, undefined when it must not be.
   */
  answer(request: IncomingMessage, response: ServerResponse): true | HotKey | undefined;
  /** Keep the answer to a request of this principal, unless something has changed since it was asked. */
  keep(key: HotKey, principal: Principal, ready: ReadyAnswer): void;
  /** Something changed: forget everything. */
  forget(): void;
}

/** What answering works with. */
export interface HotAnswersDeps {
  now: () => Date;
  metrics: Pick<Metrics, 'countHot'>;
  lastUsed: Pick<LastUsed, 'note'>;
  countDownload: (channelId: number) => void;
}

interface HotAnswer {
  ready: ReadyAnswer;
  whole: string[];
  notModified: string[];
  /** Epoch milliseconds; before it was kept it is not good either, should the clock be put back. */
  since: number;
  until: number;
  token: string | undefined;
  noted_at: number;
}

/** What each answer carries that the front would have set. */
const COMMON_HEADERS = ['X-Content-Type-Options', 'nosniff', 'Referrer-Policy', 'no-referrer'];

/** The use of a token is written down twice a minute, so once a second is often enough to note it. */
const NOTE_MS = 1000;

/** What one answer takes beside its key: headers, most of them texts of its own. */
const ANSWER_BYTES = 1500;

/**
 * A table of whole decisions by credential and URL: status, headers, validators, and small bodies from the memory of bodies.
 * It knows of no rule: an entry is what the ordinary way answered to the same words of the same client, and any announced
 * change drops all of them.
 *
 * @param limit bytes that keys and headers may take; when they are more, all go.
 */
export function createHotAnswers(deps: HotAnswersDeps, limit = 16 * 1024 * 1024): HotAnswers {
  let generation = 0;
  let held = 0;
  let answers = new Map<string, Map<string, HotAnswer>>();

  function forget(): void {
    generation += 1;
    held = 0;
    answers = new Map();
  }

  return {
    forget,
    answer(request, response) {
      const { method } = request;
      if (method !== 'GET' && method !== 'HEAD') return undefined;
      const asked = readAsked(request);
      if (asked === undefined) return undefined;
      const { credential, url } = asked;
      const known = answers.get(credential)?.get(url);
      const instant = known === undefined ? 0 : deps.now().getTime();
      if (known === undefined || !isFresh(known, instant) || !give(known, method, asked, response)) {
        return { credential, url, generation };
      }
      if (known.token !== undefined && instant - known.noted_at >= NOTE_MS) {
        known.noted_at = instant;
        deps.lastUsed.note(known.token, new Date(instant));
      }
      const { downloadOf } = known.ready.answer;
      if (downloadOf !== undefined && method === 'GET') deps.countDownload(downloadOf);
      deps.metrics.countHot(method, response.statusCode === 304);
      return true;
    },
    keep(key, principal, ready) {
      if (key.generation !== generation || !isLasting(principal)) return;
      // The name of the client is no part of the key.
      if (ready.answer.vary?.includes('User-Agent')) return;
      // Nor is the form that is wanted, where the address of a page is written otherwise than clients do.
      if (ready.answer.vary?.startsWith('Accept,') && !key.url.includes('/simple')) return;
      const cost = 2 * (key.credential.length + key.url.length) + ANSWER_BYTES;
      if (held + cost > limit) {
        forget();
        return;
      }
      let own = answers.get(key.credential);
      if (own === undefined) {
        own = new Map();
        answers.set(key.credential, own);
      }
      if (!own.has(key.url)) held += cost;
      own.set(key.url, hotAnswer(principal, ready, deps.now().getTime()));
    },
  };

  /** @returns false when the body is not at hand. */
  function give(known: HotAnswer, method: string, asked: Asked, response: ServerResponse): boolean {
    const { ready } = known;
    if (isHere(asked, ready)) {
      response.writeHead(304, known.notModified).end();
      return true;
    }
    if (method === 'HEAD') {
      response.writeHead(200, known.whole).end();
      return true;
    }
    const bytes = ready.small?.bytes;
    if (bytes === undefined) return false;
    ready.small!.used = true;
    response.writeHead(200, known.whole).end(bytes);
    return true;
  }
}

function isFresh({ since, until }: HotAnswer, instant: number): boolean {
  return since <= instant && instant < until;
}

/** Passwords are kept nowhere, and what does not hold is not worth it. */
function isLasting(principal: Principal): boolean {
  return principal.kind === 'anonymous' ? !principal.invalid : principal.proof.kind !== 'password';
}

function hotAnswer(principal: Principal, ready: ReadyAnswer, now: number): HotAnswer {
  const proof = principal.kind === 'account' ? principal.proof : undefined;
  const ends = proof === undefined || proof.kind === 'password' ? undefined : proof.expires_at.getTime();
  const length = ready.length === undefined ? [] : ['Content-Length', String(ready.length)];
  return {
    ready,
    whole: [...COMMON_HEADERS, ...ready.validatorHeaders, ...ready.bodyHeaders, ...length],
    notModified: [...COMMON_HEADERS, ...ready.validatorHeaders],
    since: now,
    until: Math.min(now + MEMORY_AGE_MS, ends ?? Number.POSITIVE_INFINITY),
    token: proof?.kind === 'token' ? proof.id : undefined,
    noted_at: now,
  };
}

function isHere({ ifNoneMatch, ifModifiedSince }: Asked, { answer }: ReadyAnswer): boolean {
  if (ifNoneMatch === undefined && ifModifiedSince === undefined) return false;
  return isNotModified({ ifNoneMatch, ifModifiedSince }, answer);
}

/** The ends of what is sent in one coding only. */
const packedName = /\.(?:zst|conda|bz2)$/;

/** What of a request decides its answer. */
interface Asked {
  credential: string;
  url: string;
  ifNoneMatch: string | undefined;
  ifModifiedSince: string | undefined;
}

/**
 * Read a request from its raw headers: making Node's object of them would cost as much as all the rest.
 *
 * @returns undefined for what is not answered here: queries, ranges, more than one credential.
 */
function readAsked({ url, rawHeaders }: IncomingMessage): Asked | undefined {
  if (url === undefined || !url.includes('/api/repo/') || url.includes('?')) return undefined;
  const asked: Asked = { credential: '', url, ifNoneMatch: undefined, ifModifiedSince: undefined };
  let encoding: string | undefined;
  let accept: string | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const value = rawHeaders[i + 1]!;
    switch (rawHeaders[i]!.length) {
      case 5: // Range
        if (rawHeaders[i]!.toLowerCase() === 'range') return undefined;
        break;
      case 6: // X-Auth, Accept
      case 9: // X-API-Key
      case 13: {
        // Authorization, If-None-Match
        const name = rawHeaders[i]!.toLowerCase();
        if (name === 'if-none-match') {
          asked.ifNoneMatch = asked.ifNoneMatch === undefined ? value : `${asked.ifNoneMatch}, ${value}`;
        } else if (name === 'authorization' || name === 'x-auth' || name === 'x-api-key') {
          if (asked.credential !== '') return undefined;
          asked.credential = `${name[0]}${value}`;
        } else if (name === 'accept') accept = accept === undefined ? value : `${accept}, ${value}`;
        break;
      }
      case 15: // Accept-Encoding
        if (rawHeaders[i]!.toLowerCase() === 'accept-encoding')
          encoding = encoding === undefined ? value : `${encoding}, ${value}`;
        break;
      case 17: // If-Modified-Since
        if (rawHeaders[i]!.toLowerCase() === 'if-modified-since') asked.ifModifiedSince ??= value;
        break;
    }
  }
  // Python's pages come in two forms and three codings.
  if (url.includes('/simple')) asked.url = `${url} ${accept ?? ''} ${encoding ?? ''}`;
  // Only what is plain is sent in two codings, and its name may be written in many ways.
  else if (!packedName.test(url) && acceptsZstd(encoding)) asked.url = `${url} zstd`;
  return asked;
}
