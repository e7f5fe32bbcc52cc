import { type ChildProcess, spawn } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { createServer, connect as open, type Socket } from 'node:net';
import path from 'node:path';
import type { NetworkNamespace } from './network-namespace.ts';

/** A way for a test to a server in a network that nothing reaches. */
export interface Relay {
  /** `http://127.0.0.1:<port>` in our network. */
  readonly url: string;
  close(): Promise<void>;
}

// A socket in the file system is seen from every network; who answers on it is in the other one.
const insideCode = `
  const net = require('node:net');
  const [socket, port] = process.argv.slice(1);
  net.createServer((from) => {
    const to = net.connect(Number(port), '127.0.0.1');
    from.pipe(to).pipe(from);
    from.on('error', () => to.destroy());
    to.on('error', () => from.destroy());
  }).listen(socket, () => console.log('ready'));`;

/** Open one to a port of loopback in there. @param folder where its socket may lie. */
export async function openRelay(network: NetworkNamespace, folder: string, port: number): Promise<Relay> {
  const socket = path.join(folder, 'relay.sock');
  const [command, ...rest] = network.enter;
  const inside: ChildProcess = spawn(command!, [...rest, process.execPath, '-e', insideCode, socket, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => inside.stdout!.once('data', resolve));
  const sockets = new Set<Socket>();
  const server = createServer((from) => {
    const to = open(socket);
    sockets.add(from).add(to);
    from.pipe(to).pipe(from);
    from.on('error', () => to.destroy());
    to.on('error', () => from.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const one of sockets) one.destroy();
      await closed;
      inside.kill('SIGKILL');
    },
  };
}
