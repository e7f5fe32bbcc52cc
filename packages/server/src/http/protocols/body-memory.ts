/** A small body in memory. Who holds one reads `bytes` each time anew: they go when room is needed. */
export interface RememberedBody {
  bytes: Buffer | undefined;
  /** Set by whoever reads the bytes: then they stay longer. */
  used: boolean;
}

/** Small bodies by what decides their bytes: the digest of a blob, and how it is unpacked. */
export interface BodyMemory {
  /** The body of this key, from memory or from `read`. Who asks together waits for one reading. */
  load(key: string, read: () => Promise<Uint8Array>): Promise<RememberedBody>;
}

/**
 * A memory of at most `limit` bytes. When it is full the bodies go that were not used since they came or were last looked
 * at, in the order they came: a hit sets a flag and moves nothing.
 */
export function createBodyMemory(limit: number): BodyMemory {
  const bodies = new Map<string, RememberedBody>();
  const reading = new Map<string, Promise<RememberedBody>>();
  let held = 0;

  function makeRoom(bytes: number): void {
    for (const [key, body] of bodies) {
      if (held + bytes <= limit) return;
      bodies.delete(key);
      if (body.used) {
        body.used = false;
        bodies.set(key, body);
      } else {
        held -= body.bytes!.byteLength;
        body.bytes = undefined;
      }
    }
  }

  async function fill(key: string, read: () => Promise<Uint8Array>): Promise<RememberedBody> {
    const bytes = await read();
    const body = { bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), used: false };
    if (bytes.byteLength > limit) return body;
    makeRoom(bytes.byteLength);
    bodies.set(key, body);
    held += bytes.byteLength;
    return body;
  }

  return {
    load(key, read) {
      const known = bodies.get(key);
      if (known) {
        known.used = true;
        return Promise.resolve(known);
      }
      const running = reading.get(key);
      if (running) return running;
      const filling = fill(key, read).finally(() => reading.delete(key));
      reading.set(key, filling);
      return filling;
    },
  };
}
