import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to a server of this machine, which can be cut. */
export interface CutRelay {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Let so many bytes of requests through from now on, then none, and nobody else. */
  cutAfter(bytes: number): void;
  mend(): void;
  close(): Promise<void>;
}

/** Open one to a port of loopback. */
export async function openCutRelay(port: number): Promise<CutRelay> {
  let left = Number.POSITIVE_INFINITY;
  const sockets = new Set<Socket>();
  const cut = () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  const server = createServer((from) => {
    if (left <= 0) return void from.destroy();
    const to = connect(port, '127.0.0.1');
    for (const [socket, other] of [
      [from, to],
      [to, from],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
    from.on('data', (bytes) => {
      left -= bytes.length;
      if (left <= 0) cut();
    });
    from.pipe(to).pipe(from);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cutAfter(bytes) {
      left = bytes;
      if (left <= 0) cut();
    },
    mend() {
      left = Number.POSITIVE_INFINITY;
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      cut();
      await closed;
    },
  };
}
