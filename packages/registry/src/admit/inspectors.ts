import { Worker } from 'node:worker_threads';
import type { Limits } from '@sluice/archives';
import { RegistryError } from '../errors.ts';
import type { FolderPackage } from './folder-packages.ts';

/** One package to open, as {@link folderRecord} takes it. */
export type InspectorCall = readonly [path: string, file: string, subdir: string];

/** What opening one package gave: its record, or the reason why it is none. */
export type InspectorAnswer = InspectedPackage | { failed: { message: string; code: unknown } };

/** What a thread is asked and answers: calls in a batch, answers in the same order. */
export type InspectorRequest = { id: number; calls: readonly InspectorCall[] };
export type InspectorReply = { id: number; answers: readonly InspectorAnswer[] };

type InspectedPackage = FolderPackage & { sha256: Uint8Array };

/** Opens packages of folders on threads of its own. */
export interface Inspectors {
  /**
   * As {@link folderRecord}; what it throws comes over as an Error with the same message and code.
   *
   * @throws {RegistryError} `inspector_died`: of this package nothing is known, nor of any that is asked for later.
   */
  inspect(...call: InspectorCall): Promise<InspectedPackage>;
  /** End the threads; what they still work at is given up. */
  close(): Promise<void>;
}

/** Calls that travel together: a message costs as much as a tenth of an inspection. */
const batchCalls = 8;
/** Batches a thread has: one it works at, and one so that it does not wait for us. */
const batchesOfThread = 2;

interface Waiting {
  call: InspectorCall;
  resolve: (inspected: InspectedPackage) => void;
  reject: (error: Error) => void;
}

const inspectorThread = new URL('./inspector-thread.ts', import.meta.url);

/**
 * Begin `threads` threads at the first call. Close them in the end: they do not end by themselves.
 *
 * @param options.entry what a thread runs; only a test has one of its own.
 */
export function openInspectors(options: {
  threads: number;
  limits?: Partial<Limits> | undefined;
  entry?: URL;
}): Inspectors {
  const queue: Waiting[] = [];
  const threads: { worker: Worker; open: Map<number, Waiting[]> }[] = [];
  let nextId = 0;
  let death: Error | undefined;

  function begin(): void {
    for (let i = 0; i < options.threads; i++) {
      const worker = new Worker(options.entry ?? inspectorThread, {
        workerData: { limits: options.limits ?? {} },
        execArgv: [],
        resourceLimits: { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 48 },
      });
      const open = new Map<number, Waiting[]>();
      worker.on('message', ({ id, answers }: InspectorReply) => {
        const asked = open.get(id)!;
        open.delete(id);
        for (const [at, { resolve, reject }] of asked.entries()) {
          const answer = answers[at]!;
          if ('failed' in answer) reject(failure(answer.failed));
          else resolve(answer);
        }
        dispatch();
      });
      worker.on('error', die);
      worker.on('messageerror', die);
      worker.on('exit', () => die());
      threads.push({ worker, open });
    }
  }

  function dispatch(): void {
    for (let round = 1; round <= batchesOfThread; round++) {
      for (const { worker, open } of threads) {
        if (queue.length === 0) return;
        if (open.size >= round) continue;
        const batch = queue.splice(0, batchCalls);
        const request: InspectorRequest = { id: nextId++, calls: batch.map(({ call }) => call) };
        open.set(request.id, batch);
        worker.postMessage(request);
      }
    }
  }

  function die(cause?: unknown): void {
    if (death) return;
    death = new RegistryError('inspector_died', 'A thread that opens packages ended. Run it again.', { cause });
    const lost = threads.flatMap(({ open }) => [...open.values()].flat());
    for (const { reject } of [...lost, ...queue.splice(0)]) reject(death);
    for (const { worker } of threads) void worker.terminate();
  }

  return {
    inspect(...call) {
      if (death) return Promise.reject(death);
      if (threads.length === 0) begin();
      return new Promise((resolve, reject) => {
        queue.push({ call, resolve, reject });
        // In a while, when those that are asked for in this turn have come together.
        if (queue.length === 1) queueMicrotask(dispatch);
        else if (queue.length >= batchCalls) dispatch();
      });
    },
    async close() {
      die();
      await Promise.all(threads.map(({ worker }) => worker.terminate()));
    },
  };
}

function failure({ message, code }: { message: string; code: unknown }): Error {
  return Object.assign(new Error(message), { code });
}
