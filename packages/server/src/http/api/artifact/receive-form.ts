import type { Multipart, MultipartFile } from '@fastify/multipart';
import { type BlobStore, type Receiving, StorageError } from '@sluice/storage';
import type { FastifyRequest } from 'fastify';
import { ServerError } from '../../../errors.ts';

/** An upload that has arrived: the file in a temporary place of the store, and what the form says of it. */
export interface ReceivedForm {
  receiving: Receiving;
  fileName: string;
  filetype: string | undefined;
  subdir: string | undefined;
  /** Of a general file. */
  name: string | undefined;
  version: string | undefined;
}

/** More than a form of ours has, so that a stray part is named rather than counted. */
const LIMITS = { files: 2, fields: 20, parts: 22, fieldSize: 1000, fileSize: Number.POSITIVE_INFINITY };
const FIELDS = ['filetype', 'size', 'subdir', 'name', 'version'] as const;
type Fields = { [K in (typeof FIELDS)[number]]?: string };

/** A sender that says nothing for so long has gone without saying so. */
const SILENCE_MS = 120_000;

/**
 * Receive the form of an upload: exactly one file in the part `content`, and fields before or behind it. The file goes to
 * disk as it comes, no faster than the disk takes it; memory holds a few chunks whatever its size.
 *
 * The receiving is the caller's to commit or discard. When this throws, nothing is left over.
 *
 * @throws {ServerError} `media_type`, `upload_form`, `upload_size`; {@link StorageError} `blob_too_large`, `disk_full`.
 */
export async function receiveForm(
  request: FastifyRequest,
  storage: BlobStore,
  maxBytes: number,
): Promise<ReceivedForm> {
  if (!request.isMultipart()) {
    throw new ServerError('media_type', 'Send the file as multipart/form-data, in a part called content.', {
      wanted: 'multipart/form-data',
      found: request.headers['content-type'] ?? 'no Content-Type',
    });
  }
  const fields: Fields = {};
  let file: { receiving: Receiving; fileName: string } | undefined;
  const { socket } = request.raw;
  const silent = () => void socket.destroy();
  socket.setTimeout(SILENCE_MS, silent);
  try {
    for await (const part of request.parts({ preservePath: true, limits: LIMITS })) {
      if (part.type === 'field') takeField(fields, part);
      else if (file || part.fieldname !== 'content')
        throw form(`Send one file, in the part content; there is another in ${part.fieldname}.`);
      else file = await receiveFile(part, await storage.receive({ maxBytes }), fields);
    }
    if (!file) throw form('The form has no file; send it in a part called content, with its file name.');
    checkSize(fields.size, file.receiving.size);
    const { filetype, subdir, name, version } = fields;
    return { ...file, filetype, subdir, name, version };
  } catch (error) {
    await file?.receiving.discard();
    // What is still coming must go somewhere, or the sender never reads the answer.
    request.raw.unpipe();
    request.raw.resume();
    if (error instanceof ServerError || error instanceof StorageError) throw error;
    throw form('The form ends too early or is no form; send the file again.', error);
  } finally {
    socket.setTimeout(0);
    socket.off('timeout', silent);
  }
}

async function receiveFile(part: MultipartFile, receiving: Receiving, fields: Fields) {
  try {
    for await (const chunk of part.file) {
      await receiving.write(chunk);
      checkSize(fields.size, receiving.size, 'so far');
    }
    return { receiving, fileName: part.filename };
  } catch (error) {
    await receiving.discard();
    throw error;
  }
}

function takeField(fields: Fields, part: Extract<Multipart, { type: 'field' }>): void {
  const name = FIELDS.find((known) => known === part.fieldname);
  if (part.fieldname === 'content') throw form('The part content has no file name, so it is no file.');
  // Other fields are no business of ours; clients of this family send some.
  if (!name || part.value === '') return;
  if (fields[name] !== undefined) throw form(`The form says ${name} twice.`);
  if (part.valueTruncated) throw form(`The field ${name} is too long.`);
  fields[name] = String(part.value);
  if (name === 'size' && !/^\d{1,15}$/.test(fields[name]))
    throw form(`The size is a number of bytes, not ${JSON.stringify(fields[name])}.`);
}

function checkSize(announced: string | undefined, found: number, when?: 'so far'): void {
  if (announced === undefined) return;
  const wanted = Number(announced);
  if (when ? found <= wanted : found === wanted) return;
  throw new ServerError('upload_size', `The file has ${found} bytes, ${wanted} were announced. Send it again.`, {
    wanted: `${wanted} bytes`,
    found: `${found} bytes${when ? ' or more' : ''}`,
  });
}

function form(message: string, cause?: unknown): ServerError {
  return new ServerError('upload_form', message, { wanted: 'one file in the part content', cause });
}
