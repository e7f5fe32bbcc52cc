import { parentPort } from 'node:worker_threads';
import { openFrames, packFrames } from './frames.ts';
import type { FramesReply, FramesRequest } from './frames-on-thread.ts';
import { createRooms } from './together.ts';

// The entry of the thread of `framesOnThread`. One request after the other; rooms come and go with them.

const port = parentPort!;
const rooms = createRooms();

port.on('message', (request: FramesRequest) => {
  if (request.to === 'open') {
    rooms.giveBack(request.room);
    const done = openFrames(request.things, rooms);
    port.postMessage({ done } satisfies FramesReply, [done.bytes.buffer as ArrayBuffer]);
  } else {
    const done = packFrames(request.things, rooms);
    const room = request.things.bytes;
    const memory = [done.bytes, room].map(({ buffer }) => buffer as ArrayBuffer);
    port.postMessage({ done, room } satisfies FramesReply, memory);
  }
});
