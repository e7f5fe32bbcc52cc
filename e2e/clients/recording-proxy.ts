import { createServer, type IncomingMessage, request as openRequest, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';

/** One request as it went through, and how it was answered. */
export interface PassedOn {
  readonly method: string;
  /** Path and query as asked, with any `/t/<token>`. */
  readonly path: string;
  /** 0 until it is answered. */
  status: number;
}

/** A server's double on a port of its own, that notes what clients ask. */
export interface RecordingProxy {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly asked: readonly PassedOn[];
  /** Forget what was asked. */
  reset(): void;
  /** Break all connections and stop listening. */
  close(): Promise<void>;
}

/**
 * Start a proxy in front of a server.
 *
 * @param target `http://host:port` of the server.
 * @param options.hide paths answered with 404, as if the server had no such thing.
 */
export async function startRecordingProxy(
  target: string,
  options: { readonly hide?: RegExp } = {},
): Promise<RecordingProxy> {
  let asked: PassedOn[] = [];
  const server = createServer((request, response) => {
    const noted: PassedOn = { method: request.method!, path: request.url!, status: 0 };
    asked.push(noted);
    response.on('finish', () => {
      noted.status = response.statusCode;
    });
    if (options.hide?.test(request.url!)) {
      response.writeHead(404).end();
      return;
    }
    passOn(target, request, response).catch(() => response.destroy());
  });
  // A pause of the machine must not end a connection that a client is about to use again.
  server.keepAliveTimeout = 300_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get asked() {
      return asked;
    },
    reset: () => {
      asked = [];
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function passOn(target: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, headers } = request;
  const onwards = openRequest(new URL(request.url!, target), { method, headers, agent: false });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    onwards.on('response', resolve);
    onwards.on('error', reject);
  });
  await Promise.all([pipeline(request, onwards), answered.then((answer) => sendOn(answer, response))]);
}

async function sendOn(answer: IncomingMessage, response: ServerResponse): Promise<void> {
  response.writeHead(answer.statusCode!, answer.headers);
  await pipeline(answer, response);
}
