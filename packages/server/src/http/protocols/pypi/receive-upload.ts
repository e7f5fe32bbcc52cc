import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createBlake2b256 } from '@sluice/formats/digest';
import { type AdmitDeps, admitUpload, RegistryError, type RegistryErrorCode } from '@sluice/registry';
import type { Receiving } from '@sluice/storage';
import { ServerError } from '../../../errors.ts';
import { signedIn } from '../../authorize.ts';
import { requestContext } from '../../request-context.ts';
import type { Place } from '../place.ts';
import { FORM_BYTES, type PythonForm, receiveForm } from './receive-form.ts';

/** What taking uploads works with. */
export interface ReceiveDeps extends AdmitDeps {
  config: { data: { max_upload_bytes: number } };
}

/** Faults of the file, which Python's tools know as 400 only. */
const faults: ReadonlySet<RegistryErrorCode> = new Set([
  'archive_refused',
  'file_name',
  'metadata_mismatch',
  'release_taken',
  'type_not_allowed',
  'upload_empty',
  'upload_kind',
]);

/**
 * Take an upload as twine, uv and the others send it. 200 when it is there now, also when these very bytes were there before.
 *
 * @throws {ServerError} `upload_form`, `upload_action`, `upload_digest`, `upload_refused`, `upload_too_large`, `media_type`;
 *   {@link RegistryError} `file_exists`, which tools that skip what is there know by 409.
 * @see PyPA "Legacy upload API"
 */
export async function receiveUpload(
  deps: ReceiveDeps,
  { channel }: Place,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const maxBytes = deps.config.data.max_upload_bytes;
  refuseTooLarge(request, maxBytes);
  const actor = signedIn(requestContext(request).principal!).name;
  const { fields, file } = await receiveForm(request, deps.storage, maxBytes);
  if (!file) {
    refuseAction(fields);
    throw new ServerError('upload_form', 'The form has no file; send it in the part content, with its name.');
  }
  const { receiving, fileName } = file;
  try {
    refuseAction(fields);
    refuseOldKinds(fields);
    await checkDigests(fields, receiving);
    const { filetype, name: project } = fields;
    await admitUpload(deps, { channel, fileName, filetype, project, receiving, actor });
  } catch (error) {
    throw asFault(error);
  } finally {
    await receiving.discard();
  }
  response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' });
  response.end('OK\n');
}

/** Refuse before the first byte what says itself that it is too large. */
function refuseTooLarge(request: IncomingMessage, maxBytes: number): void {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced <= maxBytes + FORM_BYTES) return;
  throw new ServerError(
    'upload_too_large',
    `The file is larger than the ${maxBytes} bytes allowed (SLUICE_MAX_UPLOAD).`,
    { wanted: `at most ${maxBytes} bytes`, found: `${announced} bytes with its form` },
  );
}

function refuseAction({ ':action': action }: PythonForm['fields']): void {
  if (action === undefined || action === 'file_upload') return;
  throw new ServerError(
    'upload_action',
    `${JSON.stringify(action.slice(0, 50))} is no more: upload the files of a release, and it is there.`,
    { wanted: 'file_upload', found: action.slice(0, 50) },
  );
}

function refuseOldKinds({ filetype }: PythonForm['fields']): void {
  if (filetype === undefined || filetype === 'bdist_wheel' || filetype === 'sdist') return;
  throw new ServerError('upload_refused', `Files of type ${JSON.stringify(filetype.slice(0, 50))} are not taken.`, {
    wanted: 'bdist_wheel or sdist',
    found: filetype.slice(0, 50),
  });
}

/** Hold the bytes against the digests of the form. Nothing is trusted for them; they tell that all has arrived. */
async function checkDigests(fields: PythonForm['fields'], receiving: Receiving): Promise<void> {
  const { sha256, md5 } = await receiving.finish();
  const { sha256_digest, md5_digest, blake2_256_digest } = fields;
  if (sha256_digest !== undefined && sha256_digest.toLowerCase() !== sha256) {
    throw wrongDigest('SHA-256', sha256_digest, sha256);
  }
  // Tools of former times write it in hex, the standard's words are URL-safe Base64.
  const base64 = Buffer.from(md5, 'hex').toString('base64url');
  if (md5_digest !== undefined && md5_digest.toLowerCase() !== md5 && md5_digest.replace(/=+$/, '') !== base64) {
    throw wrongDigest('MD5', md5_digest, md5);
  }
  if (blake2_256_digest === undefined) return;
  const hash = createBlake2b256();
  for await (const piece of createReadStream(receiving.path)) hash.update(piece);
  const found = hash.digest();
  if (blake2_256_digest.toLowerCase() !== found) throw wrongDigest('BLAKE2b-256', blake2_256_digest, found);
}

function wrongDigest(name: string, wanted: string, found: string): ServerError {
  return new ServerError('upload_digest', `The file's ${name} is not the one in the form: send it again.`, {
    wanted: wanted.slice(0, 100),
    found,
  });
}

function asFault(error: unknown): unknown {
  if (!(error instanceof RegistryError) || !faults.has(error.code)) return error;
  const { message, wanted, found } = error;
  return new ServerError('upload_refused', message, {
    ...(wanted !== undefined && { wanted }),
    ...(found !== undefined && { found }),
    cause: error,
  });
}
