import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { Busboy, type BusboyInstance } from '@fastify/busboy';
import { UPLOAD_FILE_FIELD } from '@sluice/formats/pypi';
import { type BlobStore, type Receiving, StorageError } from '@sluice/storage';
import { ServerError } from '../../../errors.ts';

/** The fields that may count; the rest repeats what the package says of itself. */
const kept = /^(:action|protocol_version|filetype|name|version|attestations|\w+_digest)$/;

/** An upload by the form of Python's tools that has arrived: the file in a temporary place of the store. */
export interface PythonForm {
  fields: [name: string, value: string][];
  file: { receiving: Receiving; fileName: string } | undefined;
}

/** What a form around the largest file may weigh: some descriptions have pictures in them. */
export const FORM_BYTES = 16 * 1024 * 1024;

/** A thousand classifiers and requirements are more than anybody has. */
const limits = { files: 2, fields: 5000, parts: 5002, fieldSize: 8 * 1024 * 1024, fieldNameSize: 200 };

/** Those that may count; more of them is the same field again and again. */
const keptAtMost = 20;

/** A sender that says nothing for so long has gone without saying so. */
const silenceMs = 120_000;

/**
 * Receive the form of an upload. The file goes to disk as it comes, no faster than the disk takes it. The receiving is the
 * caller's to commit or discard; when this throws, nothing is left over.
 *
 * @throws {ServerError} `media_type`, `upload_form`; {@link StorageError} `blob_too_large`, `disk_full`.
 * @see PyPA "Legacy upload API"
 */
export async function receiveForm(request: IncomingMessage, storage: BlobStore, maxBytes: number): Promise<PythonForm> {
  const form: PythonForm = { fields: [], file: undefined };
  const parser = openParser(request);
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  let receiving: Promise<void> | undefined;
  parser.on('field', (name, value, nameTruncated, valueTruncated) => {
    if (nameTruncated || !kept.test(name)) return;
    if (valueTruncated) failed.reject(badForm(`The field ${name} is too long.`));
    else if (form.fields.length < keptAtMost) form.fields.push([name, value]);
  });
  parser.on('file', (name, stream, fileName) => {
    // Its errors are the parser's, too, or are heard by who reads it.
    stream.on('error', () => {});
    if (name === UPLOAD_FILE_FIELD && receiving === undefined && fileName) {
      receiving = receiveFile(form, stream, fileName, { storage, maxBytes });
      receiving.catch(failed.reject);
      return;
    }
    // Older tools send a signature beside the file; nobody reads those any more.
    if (name !== 'gpg_signature') failed.reject(badForm('Send one file, in the part content, with its name.'));
    stream.resume();
  });
  for (const limit of ['fieldsLimit', 'filesLimit', 'partsLimit'] as const) {
    parser.on(limit, () => failed.reject(badForm('The form has too many parts.')));
  }
  const silent = () => void request.socket.destroy();
  request.socket.setTimeout(silenceMs, silent);
  try {
    await Promise.race([parsed(request, parser), failed.promise]);
    await Promise.race([receiving, failed.promise]);
    return form;
  } catch (error) {
    // What is still coming must go somewhere, or the sender never reads the answer.
    request.unpipe(parser);
    request.resume();
    parser.destroy();
    await receiving?.catch(() => {});
    await form.file?.receiving.discard();
    if (error instanceof ServerError || error instanceof StorageError) throw error;
    throw badForm('The form ends too early or is no form; send the file again.', error);
  } finally {
    request.socket.setTimeout(0);
    request.socket.off('timeout', silent);
  }
}

function openParser(request: IncomingMessage): BusboyInstance {
  const contentType = request.headers['content-type'] ?? '';
  if (!contentType.startsWith('multipart/form-data')) {
    throw new ServerError('media_type', 'Send the file as multipart/form-data, as twine and uv do.', {
      wanted: 'multipart/form-data',
      found: contentType.slice(0, 100) || 'no Content-Type',
    });
  }
  try {
    return new Busboy({ headers: { ...request.headers, 'content-type': contentType }, limits, preservePath: true });
  } catch (error) {
    throw badForm('The form says no boundary between its parts.', error);
  }
}

/** Settles when the parser has read all of the request. */
function parsed(request: IncomingMessage, parser: BusboyInstance): Promise<void> {
  return new Promise((resolve, reject) => {
    parser.once('finish', resolve);
    parser.on('error', reject);
    // After its end, too; the parser then still has the last of it to read.
    request.once('close', () => request.readableEnded || reject(new Error('The sender has gone.')));
    request.pipe(parser);
  });
}

async function receiveFile(
  form: PythonForm,
  stream: Readable,
  fileName: string,
  { storage, maxBytes }: { storage: BlobStore; maxBytes: number },
): Promise<void> {
  const receiving = await storage.receive({ maxBytes });
  form.file = { receiving, fileName };
  for await (const chunk of stream) await receiving.write(chunk);
}

function badForm(message: string, cause?: unknown): ServerError {
  return new ServerError('upload_form', message, { wanted: 'one file in the part content', cause });
}
