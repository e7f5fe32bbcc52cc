import type { IncomingMessage } from 'node:http';
import { type BlobColumns, type BlobStore, blobRef } from '@sluice/storage';
import type { Config } from '../../config/read-config.ts';
import { comesByProxy } from '../client-address.ts';

/** The path under which the server in front finds the bytes of a blob; undefined when they are to be sent from here. */
export type AccelPath = (request: IncomingMessage, blob: BlobColumns) => string | undefined;

/**
 * Leave the sending of files to the server in front (nginx's `X-Accel-Redirect`), as far as they lie alone on disk and the
 * request comes by a trusted proxy: whoever asks us directly gets the bytes from us.
 */
export function accelPath(listen: Config['listen'], storage: BlobStore): AccelPath {
  const { accel_redirect: prefix, trusted_proxies } = listen;
  if (prefix === undefined) return () => undefined;
  return (request, blob) => {
    if (!comesByProxy(request, trusted_proxies)) return undefined;
    const path = storage.pathOf(blobRef(blob));
    return path === undefined ? undefined : `${prefix}/${path}`;
  };
}
