import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AdmitDeps, admitUpload } from '@sluice/registry';
import type { BlobStore } from '@sluice/storage';
import { ServerError } from '../../../errors.ts';
import { signedIn } from '../../authorize.ts';
import { requestContext } from '../../request-context.ts';
import type { Place } from '../place.ts';
import type { CranRequest } from './cran-path.ts';

/** What taking an upload works with. */
export interface ReceivePackageDeps extends AdmitDeps {
  storage: BlobStore;
  config: { data: { max_upload_bytes: number } };
}

/**
 * Take a package that is put at its own address, `curl -T demo_1.0.tar.gz …/cran/src/contrib/`. 201, or 200 when these very
 * bytes are there already.
 *
 * @throws {ServerError} `upload_too_large`; {@link admitUpload}'s errors.
 */
export async function receivePackage(
  deps: ReceivePackageDeps,
  { channel }: Place,
  { tree, file }: CranRequest & { kind: 'file' },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const actor = signedIn(requestContext(request).principal!).name;
  const maxBytes = deps.config.data.max_upload_bytes;
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
    throw new ServerError(
      'upload_too_large',
      `The file is larger than the ${maxBytes} bytes allowed (SLUICE_MAX_UPLOAD).`,
      {
        wanted: `at most ${maxBytes} bytes`,
        found: `${request.headers['content-length']} bytes`,
      },
    );
  }
  const receiving = await deps.storage.receive({ maxBytes });
  try {
    for await (const chunk of request) await receiving.write(chunk as Uint8Array);
  } catch (error) {
    await receiving.discard();
    // What is still coming must go somewhere, or the sender never reads the answer.
    request.resume();
    throw error;
  }
  const result = await admitUpload(deps, {
    channel,
    fileName: file,
    filetype: 'r',
    subdir: tree.path,
    receiving,
    actor,
  });
  const { status, name, version, sha256, md5, size } = result;
  const body = Buffer.from(`${JSON.stringify({ status, name, version, file, sha256, md5, size })}\n`);
  response.writeHead(status === 'created' ? 201 : 200, {
    'Content-Type': 'application/json',
    'Content-Length': body.length,
    'Cache-Control': 'no-store',
  });
  response.end(body);
}
