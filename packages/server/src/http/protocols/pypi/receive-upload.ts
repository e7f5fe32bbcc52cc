import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createBlake2b256 } from '@sluice/formats/digest';
import { FormatError } from '@sluice/formats/errors';
import { attests, parseAttestations, readUploadForm, type UploadForm, writeProvenance } from '@sluice/formats/pypi';
import { type AdmitDeps, admitUpload, RegistryError, type RegistryErrorCode } from '@sluice/registry';
import type { Received, Receiving } from '@sluice/storage';
import { ServerError } from '../../../errors.ts';
import { signedIn } from '../../authorize.ts';
import { requestContext } from '../../request-context.ts';
import type { Place } from '../place.ts';
import { FORM_BYTES, receiveForm } from './receive-form.ts';

/** What taking uploads works with. */
export interface ReceiveDeps extends AdmitDeps {
  config: { data: { max_upload_bytes: number } };
}

/** What is wrong with a file, and not with the request for it. */
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
  try {
    const form = readUploadForm(fields);
    refuseAction(form);
    if (!file)
      throw new ServerError('upload_form', 'The form has no file; send it in the part content, with its name.');
    const { receiving, fileName } = file;
    const { sha256 } = await checkDigests(form, receiving);
    const { filetype, name: project } = form;
    const provenance = provenanceOf(form, { fileName, sha256 });
    await admitUpload(deps, { channel, fileName, filetype, project, provenance, receiving, actor });
  } catch (error) {
    throw asFault(error);
  } finally {
    await file?.receiving.discard();
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

function refuseAction({ action }: UploadForm): void {
  if (action === 'file_upload') return;
  throw new ServerError(
    'upload_action',
    `${JSON.stringify(action.slice(0, 50))} is no more: upload the files of a release, and it is there.`,
    { wanted: 'file_upload', found: action.slice(0, 50) },
  );
}

/** Hold the bytes against the digests of the form. Nothing is trusted for them; they tell that all has arrived. */
async function checkDigests({ digests }: UploadForm, receiving: Receiving): Promise<Received> {
  const received = await receiving.finish();
  for (const algorithm of ['sha256', 'md5'] as const) {
    const wanted = digests[algorithm];
    if (wanted !== undefined && wanted !== received[algorithm])
      throw wrongDigest(algorithm, wanted, received[algorithm]);
  }
  if (digests.blake2_256 === undefined) return received;
  const hash = createBlake2b256();
  for await (const piece of createReadStream(receiving.path)) hash.update(piece);
  const found = hash.digest();
  if (digests.blake2_256 !== found) throw wrongDigest('blake2_256', digests.blake2_256, found);
  return received;
}

function wrongDigest(name: string, wanted: string, found: string): ServerError {
  return new ServerError(
    'upload_digest',
    `The file is not the one that was sent: its ${name} is another than the form says. Send it again.`,
    {
      wanted: wanted.slice(0, 100),
      found,
    },
  );
}

/** What is served beside the file of its attestations: they must be about it; whether they hold, clients find out. */
function provenanceOf(
  { attestations: text }: UploadForm,
  { fileName, sha256 }: { fileName: string; sha256: string },
): Uint8Array | undefined {
  if (text === undefined) return undefined;
  const attestations = parseAttestations(text);
  if (attestations.some((attestation) => !attests(attestation, fileName, sha256))) {
    throw new ServerError('upload_refused', `An attestation is not about ${fileName}. Build and sign it again.`, {
      wanted: `one subject, ${fileName} with its SHA-256`,
      found: 'another',
    });
  }
  return new TextEncoder().encode(writeProvenance([{ publisher: { kind: 'Sluice' }, attestations }]));
}

/** Faults of the file, which Python's tools know as 400 only. */
function asFault(error: unknown): unknown {
  if (!(error instanceof FormatError) && !(error instanceof RegistryError && faults.has(error.code))) return error;
  const { message, wanted, found } = error;
  return new ServerError('upload_refused', message, {
    ...(wanted !== undefined && { wanted }),
    ...(found !== undefined && { found }),
    cause: error,
  });
}
