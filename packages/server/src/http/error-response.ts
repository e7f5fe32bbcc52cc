import { STATUS_CODES } from 'node:http';
import { isUnstorableText } from '@sluice/catalog';
import { IdentityError, type IdentityErrorCode } from '@sluice/identity';
import { MirrorError, type MirrorErrorCode } from '@sluice/mirror';
import type { Reason } from '@sluice/policy';
import { PublishError, type PublishErrorCode } from '@sluice/publish';
import { RegistryError, type RegistryErrorCode } from '@sluice/registry';
import { StorageError } from '@sluice/storage';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { ServerError, type ServerErrorCode } from '../errors.ts';

/** One thing wrong with a request: where (`body.expires_at`), and what. */
export interface ProblemIssue {
  path: string;
  code: string;
  message: string;
}

/** The body of every error answer, `application/problem+json`. @see RFC 9457 */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  /** The detail again: conda up to version 24 shows its user this member. */
  message: string;
  /** Quote this when asking for help; the log has it too. */
  request_id: string;
  wanted?: string;
  found?: string;
  issues?: ProblemIssue[];
  /** Why rules refused a file: rule, evidence and remedy of each. */
  reasons?: readonly Reason[];
}

/** An error, translated. `unexpected` ones go to the log with their whole chain of causes. */
export interface ErrorResponse {
  problem: Problem;
  headers: Record<string, string>;
  unexpected: boolean;
}

/** What of storage a client can do something about; the rest are faults of ours. */
type StorageRefusal = 'blob_too_large' | 'disk_full';

/** Which status each code has. A code of a room that reaches HTTP gets its line here. */
const STATUS: Record<
  ServerErrorCode | IdentityErrorCode | RegistryErrorCode | PublishErrorCode | StorageRefusal,
  number
> = {
  account_name: 400,
  archive_refused: 422,
  blob_too_large: 413,
  channel_exists: 409,
  channel_frozen: 409,
  channel_layer: 400,
  channel_filters: 400,
  channel_missing: 404,
  channel_name: 400,
  channel_nested: 400,
  channel_stood_on: 409,
  collect_unreadable: 500,
  config_invalid: 500,
  disk_full: 507,
  file_deleted: 410,
  file_exists: 409,
  file_hidden: 403,
  file_mirrored: 409,
  file_missing: 404,
  file_name: 400,
  file_not_published: 404,
  forbidden: 403,
  index_duplicate_file: 422,
  inspector_died: 500,
  login_limited: 429,
  login_refused: 401,
  media_type: 415,
  metadata_mismatch: 422,
  method_not_allowed: 405,
  monolith_drift: 500,
  monolith_uncounted: 500,
  not_a_token: 400,
  not_acceptable: 406,
  not_found: 404,
  notice_invalid: 400,
  notice_missing: 404,
  password_hash_form: 500,
  patch_invalid: 400,
  patch_missing: 404,
  pin_missing: 404,
  pin_name: 400,
  policy_denied: 403,
  project_refused: 451,
  publication_missing: 404,
  ref_malformed: 400,
  reserved_name_exists: 409,
  reserved_name_invalid: 400,
  reserved_name_missing: 404,
  release_taken: 409,
  start_failed: 500,
  shard_broken: 422,
  subdir_mismatch: 422,
  timestamp_future: 422,
  token_expiry: 400,
  token_grants: 400,
  token_resource: 400,
  token_scope: 400,
  token_unknown: 404,
  type_not_allowed: 415,
  unauthenticated: 401,
  unavailable: 503,
  upload_action: 410,
  upload_digest: 400,
  upload_empty: 400,
  upload_form: 400,
  upload_kind: 415,
  upload_refused: 400,
  upload_size: 400,
  upload_too_large: 413,
};

/** The mirror room's codes: what a definition does wrong is the client's, what an upstream does wrong is a bad gateway. */
const MIRROR_STATUS: Record<MirrorErrorCode, number> = {
  all_files_failed: 502,
  archive_refused: 502,
  bundle_base_missing: 409,
  bundle_closed: 409,
  bundle_cut: 422,
  bundle_foreign: 422,
  bundle_key: 400,
  bundle_malformed: 422,
  bundle_missing: 404,
  bundle_mixed: 422,
  bundle_offset: 409,
  bundle_replayed: 409,
  bundle_tampered: 422,
  bundle_invalid: 400,
  bundle_key_sealed: 500,
  bundle_open: 409,
  bundle_output: 400,
  bundle_over: 409,
  bundle_part_missing: 404,
  bundle_schedule_missing: 404,
  bundle_schedule_taken: 409,
  channel_missing: 404,
  definition_invalid: 400,
  dependencies_off: 409,
  dependencies_unknown: 409,
  digest_mismatch: 502,
  fenced_out: 500,
  index_too_large: 502,
  internal_forbidden: 403,
  mirror_missing: 404,
  mirror_name_taken: 409,
  mode_fixed: 400,
  run_idle: 409,
  run_open: 409,
  run_stopped: 409,
  size_mismatch: 502,
  source_refused: 400,
  source_url: 400,
  upstream_denied: 502,
  upstream_malformed: 502,
  upstream_missing: 502,
  upstream_unavailable: 502,
};

/** Fastify's own refusals, by its codes. Those not named here are faults of ours. */
const FASTIFY: Record<string, { code: string; status: number; detail: string }> = {
  FST_ERR_BAD_URL: { code: 'url_malformed', status: 400, detail: 'The path of the request is not a valid URL path.' },
  FST_ERR_CTP_BODY_TOO_LARGE: {
    code: 'body_too_large',
    status: 413,
    detail: 'The body is larger than this route takes.',
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: 'body_malformed',
    status: 400,
    detail: 'The body is not as long as Content-Length says.',
  },
  FST_ERR_CTP_INVALID_JSON_BODY: { code: 'body_malformed', status: 400, detail: 'The body is not valid JSON.' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'media_type',
    status: 415,
    detail: 'This route does not take a body of that Content-Type; send application/json.',
  },
};

/**
 * Translate an error for a client: the only place that gives a code its status.
 *
 * What no room meant to show becomes a 500 that says nothing but the request's id.
 */
export function errorResponse(error: unknown, requestId: string): ErrorResponse {
  if (
    error instanceof ServerError ||
    error instanceof IdentityError ||
    error instanceof RegistryError ||
    error instanceof PublishError
  ) {
    return fromRoom(error, error.code, requestId);
  }
  if (error instanceof StorageError && (error.code === 'blob_too_large' || error.code === 'disk_full')) {
    return fromRoom(error, error.code, requestId);
  }
  if (error instanceof MirrorError) return fromMirror(error, requestId);
  if (hasZodFastifySchemaValidationErrors(error)) return fromValidation(error, requestId);
  if (isUnstorableText(error)) {
    const detail = 'A text of the request holds the character U+0000, which no text may hold.';
    return {
      problem: problem({ code: 'invalid_request', status: 400, detail }, requestId),
      headers: {},
      unexpected: false,
    };
  }
  const known = FASTIFY[codeOf(error)];
  if (known !== undefined) return { problem: problem({ ...known }, requestId), headers: {}, unexpected: false };
  const detail = `Something went wrong on the server. Its log has more under the request id ${requestId}.`;
  return { problem: problem({ code: 'internal', status: 500, detail }, requestId), headers: {}, unexpected: true };
}

/** How the answer to a missing or refused sign-in asks for one: browsers and API clients by Bearer, package clients by Basic. */
export const CHALLENGE = { api: 'Bearer realm="sluice"', protocol: 'Basic realm="sluice", charset="UTF-8"' };

type RoomError = ServerError | IdentityError | RegistryError | PublishError | StorageError;

function fromRoom(error: RoomError, code: keyof typeof STATUS, requestId: string): ErrorResponse {
  const { wanted, found } = error;
  const status = STATUS[code];
  const unexpected = status === 500 || code === 'disk_full';
  const headers: Record<string, string> = {};
  if (code === 'unauthenticated') headers['WWW-Authenticate'] = CHALLENGE.api;
  const body = problem({ code, status, detail: error.message }, requestId);
  if (wanted !== undefined) body.wanted = wanted;
  if (found !== undefined) body.found = found;
  if (error instanceof ServerError) {
    if (error.retry_after_s !== undefined) headers['Retry-After'] = String(error.retry_after_s);
    if (error.reasons !== undefined) body.reasons = error.reasons;
  }
  if (error instanceof RegistryError && error.issues.length > 0) {
    body.issues = error.issues.map(({ field, code, message }) => ({ path: `body.${field}`, code, message }));
  }
  return { problem: body, headers, unexpected };
}

function fromMirror(error: MirrorError, requestId: string): ErrorResponse {
  const { code, wanted, found } = error;
  const status = MIRROR_STATUS[code];
  const body = problem({ code, status, detail: error.message }, requestId);
  if (wanted !== undefined) body.wanted = wanted;
  if (found !== undefined) body.found = found;
  if (error.issues.length > 0)
    body.issues = error.issues.map(({ field, ...issue }) => ({ path: `body.${field}`, ...issue }));
  return { problem: body, headers: {}, unexpected: status === 500 };
}

function fromValidation(
  error: { validation: { instancePath: string; keyword: string; message?: string }[]; validationContext?: string },
  requestId: string,
): ErrorResponse {
  const where = error.validationContext ?? 'body';
  const issues = error.validation.map(({ instancePath, keyword, message }) => ({
    path: (where + instancePath).replace(/\/$/, '').replaceAll('/', '.'),
    code: keyword,
    message: message ?? 'is not valid',
  }));
  const detail = `The request is not valid: ${issues.map((i) => `${i.path}: ${i.message}`).join('; ')}.`;
  return {
    problem: { ...problem({ code: 'invalid_request', status: 400, detail }, requestId), issues },
    headers: {},
    unexpected: false,
  };
}

function problem(of: { code: string; status: number; detail: string }, requestId: string): Problem {
  const { code, status, detail } = of;
  const title = STATUS_CODES[status] ?? 'Error';
  return { type: `urn:sluice:error:${code}`, title, status, code, detail, message: detail, request_id: requestId };
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}
