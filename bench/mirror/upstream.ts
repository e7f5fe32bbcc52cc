import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { UpstreamOrder } from './upstream-process.ts';

/** An upstream in a process of its own, so that its work is nobody's. */
export interface BenchUpstream {
  readonly url: string;
  /** Serve this from now on, with every fault still to come. */
  serve(order: UpstreamOrder): Promise<void>;
  stop(): void;
}

/** Start one. */
export async function startUpstream(order: UpstreamOrder): Promise<BenchUpstream> {
  const child = fork(path.join(import.meta.dirname, 'upstream-process.ts'), [JSON.stringify(order)]);
  const [port] = (await once(child, 'message')) as [number];
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    serve: async (next) => void (await fetch(url, { method: 'POST', body: JSON.stringify(next) })),
    stop: () => child.disconnect(),
  };
}
