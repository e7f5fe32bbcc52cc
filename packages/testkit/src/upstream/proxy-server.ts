import { createServer, type IncomingMessage, request as openRequest, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';

/** One request to the proxy. */
export interface ProxiedRequest {
  /** CONNECT for a tunnel, else the request's own. */
  readonly method: string;
  /** `host:port` of a tunnel, else the whole address. */
  readonly target: string;
  /** Whether it showed the right credentials, where some are wanted. */
  readonly admitted: boolean;
}

/** What a proxy asks of its users. */
export interface ProxyServerOptions {
  /** `user:password`; who shows others, or none, gets 407. */
  readonly credentials?: string;
  /** Speak https with this certificate. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** By host name: the address where it really is. What is not here is asked of DNS. */
  readonly hosts?: Readonly<Record<string, string>>;
}

/** A forward proxy on loopback, for tunnels and for plain requests, that notes who went through. */
export interface ProxyServer {
  /** `http://127.0.0.1:<port>`, without credentials. */
  readonly url: string;
  readonly asked: readonly ProxiedRequest[];
  /** Break all connections, tunnels too, and stop listening. */
  close(): Promise<void>;
}

/** Start one on a free port. */
export async function startProxyServer(options: ProxyServerOptions = {}): Promise<ProxyServer> {
  const asked: ProxiedRequest[] = [];
  const sockets = new Set<Socket>();
  const admit = (request: IncomingMessage): boolean => {
    const admitted = options.credentials === undefined || shownBy(request) === options.credentials;
    asked.push({ method: request.method!, target: request.url!, admitted });
    return admitted;
  };
  const placeOf = (host: string) => options.hosts?.[host] ?? host;
  const server = options.tls ? createSecureServer(options.tls) : createServer();
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (!admit(request)) return void response.writeHead(407, challenge).end();
    passOn(request, response, placeOf).catch(() => response.destroy());
  });
  server.on('connect', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    if (!admit(request)) return void socket.end(refusal);
    const { hostname, port } = new URL(`tunnel://${request.url}`);
    const onwards = connect(Number(port), placeOf(hostname), () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onwards.write(head);
      onwards.pipe(socket).pipe(onwards);
    });
    for (const [one, other] of [
      [socket, onwards],
      [onwards, socket],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        for (const socket of sockets) socket.destroy();
      }),
  };
}

const challenge = { 'proxy-authenticate': 'Basic realm="proxy"' };
const refusal =
  'HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic realm="proxy"\r\ncontent-length: 0\r\n\r\n';

function shownBy(request: IncomingMessage): string | undefined {
  const [scheme, credentials] = (request.headers['proxy-authorization'] ?? '').split(' ');
  return scheme === 'Basic' && credentials ? Buffer.from(credentials, 'base64').toString() : undefined;
}

async function passOn(
  request: IncomingMessage,
  response: ServerResponse,
  placeOf: (host: string) => string,
): Promise<void> {
  const url = new URL(request.url!);
  const { 'proxy-authorization': _, 'proxy-connection': __, ...headers } = request.headers;
  url.hostname = placeOf(url.hostname);
  const onwards = openRequest(url, { method: request.method, headers, agent: false });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    onwards.on('response', resolve);
    onwards.on('error', reject);
  });
  await pipeline(request, onwards);
  const answer = await answered;
  response.writeHead(answer.statusCode!, answer.headers);
  await pipeline(answer, response);
}
