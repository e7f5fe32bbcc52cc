import { Worker } from 'node:worker_threads';
import type { Frames, PackedFrames } from './frames.ts';
import { createRooms, type Together } from './together.ts';

/** What the thread is asked, with a room where it is to put what it opens, or one that comes back when all in it is packed. */
export type FramesRequest =
  | { to: 'open'; things: Together; room: Uint8Array<ArrayBuffer> }
  | { to: 'pack'; things: Together };

/** What it answers, to each in turn. */
export interface FramesReply {
  done: Together | PackedFrames;
  room?: Uint8Array;
}

interface Waiting {
  resolve(done: FramesReply['done']): void;
  reject(error: Error): void;
}

const entry = new URL('./frames-thread.ts', import.meta.url);

/**
 * On a thread of its own, which lives until it is closed. Each shard by itself would go to a thread of libuv and back, which costs who
 * asks as much as it takes to open it.
 */
export function framesOnThread(): Frames {
  const rooms = createRooms();
  const waiting: Waiting[] = [];
  let ended: Error | undefined;
  const thread = new Worker(entry, {
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 },
  });
  thread.on('message', ({ done, room }: FramesReply) => {
    if (room) rooms.giveBack(room);
    waiting.shift()?.resolve(done);
  });
  thread.on('error', end);
  thread.on('messageerror', end);
  thread.on('exit', () => end());

  function end(cause?: unknown): void {
    ended ??= new Error('The thread that packs shards ended: try again.', { cause });
    for (const { reject } of waiting.splice(0)) reject(ended);
  }

  function ask<Done extends Together>(request: FramesRequest, memory: ArrayBufferLike): Promise<Done> {
    const { promise, resolve, reject } = Promise.withResolvers<Done>();
    // Whoever fails elsewhere closes, and waits for none of what was begun.
    promise.catch(() => {});
    if (ended) reject(ended);
    else waiting.push({ resolve: (done) => resolve(done as Done), reject });
    thread.postMessage(request, [memory as ArrayBuffer]);
    return promise;
  }

  return {
    rooms,
    open(things) {
      const room = rooms.take();
      return ask({ to: 'open', things, room }, room.buffer);
    },
    pack: (things) => ask<PackedFrames>({ to: 'pack', things }, things.bytes.buffer),
    async close() {
      await thread.terminate();
      rooms.close();
    },
  };
}
