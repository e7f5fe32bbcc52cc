import { hash } from 'node:crypto';
import { zstdDecompressSync } from 'node:zlib';
import { roomyFrame } from './one-frame.ts';
import { createRooms, eachOf, gathering, type Rooms, type Together } from './together.ts';

/** Opens and packs zstd frames, many at a time. */
export interface Frames {
  /** Where things are gathered. */
  rooms: Rooms;
  /** What each frame holds, nothing where it cannot be opened. It lies in a room. */
  open(frames: Together): Promise<Together>;
  /** Each thing as the frame of `oneFrame`. Takes the room of the things. */
  pack(things: Together): Promise<PackedFrames>;
  /** What is still under way fails. */
  close(): Promise<void>;
}

/** Frames, and the sha256 of each: 32 bytes a frame. */
export interface PackedFrames extends Together {
  digests: Uint8Array;
}

/** At once, where the caller is. */
export function framesHere(): Frames {
  const rooms = createRooms();
  return {
    rooms,
    open: async (frames) => openFrames(frames, rooms),
    async pack(things) {
      const packed = packFrames(things, rooms);
      rooms.giveBack(things.bytes);
      return packed;
    },
    close: async () => rooms.close(),
  };
}

/** A shard is mostly less than so many times its frame: half of that are digests. */
const usualRatio = 8;

/** Less may be a part of memory that buffers share. What comes out in pieces is more. */
const ownMemory_bytes = 1 << 17;

/** See {@link Frames}. */
export function openFrames(frames: Together, rooms: Rooms): Together {
  const opened = gathering(rooms.take());
  for (const frame of eachOf(frames)) {
    const thing = openOne(frame);
    opened.add(thing);
    letGo(thing);
  }
  return opened.all();
}

function openOne(frame: Uint8Array): Uint8Array {
  try {
    return zstdDecompressSync(frame, { chunkSize: Math.max(ownMemory_bytes, frame.byteLength * usualRatio) });
  } catch {
    return new Uint8Array();
  }
}

/** See {@link Frames}; the room stays with the caller. */
export function packFrames(things: Together, rooms: Rooms): PackedFrames {
  const frames = gathering(rooms.take());
  const digests = new Uint8Array(things.ends.length * 32);
  let at = 0;
  for (const thing of eachOf(things)) {
    const frame = roomyFrame(thing, ownMemory_bytes);
    digests.set(hash('sha256', frame, 'buffer'), at);
    at += 32;
    frames.add(frame);
    letGo(frame);
  }
  const { bytes, ends } = frames.all();
  // They are kept for a while.
  const packed = { bytes: bytes.slice(), ends, digests };
  rooms.giveBack(bytes);
  return packed;
}

/** Give back the memory of what came out of zlib: left to the engine, it looks through all it holds for every 64 MB. */
function letGo({ buffer }: Uint8Array): void {
  if (buffer.byteLength >= ownMemory_bytes) (buffer as ArrayBuffer).transfer(0);
}
