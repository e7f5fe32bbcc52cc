/** Bytes of many things end to end: each ends where the next one begins. */
export interface Together {
  bytes: Uint8Array;
  ends: Uint32Array;
}

/** Views of the things, in order. */
export function* eachOf({ bytes, ends }: Together): Generator<Uint8Array> {
  let begin = 0;
  for (const end of ends) {
    yield bytes.subarray(begin, end);
    begin = end;
  }
}

/** Memory that is used again: what the system gives anew takes longer to come by than to fill. */
export interface Rooms {
  take(): Uint8Array<ArrayBuffer>;
  /** What lies in it is read no more. */
  giveBack(bytes: Uint8Array): void;
  /** None of it is needed any more. */
  close(): void;
}

/** Some dozens of usual shards; it grows where there are more. */
const least_bytes = 1 << 20;

/** Each as large as what was put into it. */
export function createRooms(): Rooms {
  const spare: ArrayBuffer[] = [];
  return {
    take: () => new Uint8Array(spare.pop() ?? new ArrayBuffer(least_bytes)),
    giveBack: ({ buffer }) => void (buffer instanceof ArrayBuffer && spare.push(buffer)),
    close() {
      for (const buffer of spare.splice(0)) buffer.transfer(0);
    },
  };
}

/** Puts things end to end. */
export interface Gathering {
  /** The thing is copied. */
  add(thing: Uint8Array): void;
  /** What was added, to the last. */
  all(): Together;
}

/** Nothing yet, and room for what comes. */
export function gathering(begun: Uint8Array<ArrayBuffer>): Gathering {
  let room = begun;
  let end = 0;
  const ends: number[] = [];
  return {
    add(thing) {
      const begin = end;
      end += thing.byteLength;
      if (end > room.byteLength) {
        const larger = new Uint8Array(Math.max(room.byteLength * 2, end));
        larger.set(room.subarray(0, begin));
        room.buffer.transfer(0);
        room = larger;
      }
      room.set(thing, begin);
      ends.push(end);
    },
    all: () => ({ bytes: room.subarray(0, end), ends: Uint32Array.from(ends) }),
  };
}
