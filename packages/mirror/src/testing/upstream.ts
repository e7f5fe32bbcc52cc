import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** A real HTTP server on loopback whose answers a test decides, and that remembers what it was asked. */
export interface Upstream {
  url: string;
  port: number;
  /** `METHOD /path` of every request, in order. */
  asked: string[];
  requests: IncomingMessage[];
  close(): Promise<void>;
}

/** Start one. The handler gets every request; what it does not answer is left hanging. With `tls` it speaks https. */
export async function startUpstream(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
  tls?: { key: string; cert: string },
): Promise<Upstream> {
  const asked: string[] = [];
  const requests: IncomingMessage[] = [];
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    asked.push(`${request.method} ${request.url}`);
    requests.push(request);
    handler(request, response);
  };
  const server = tls ? createSecureServer(tls, listener) : createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    asked,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
