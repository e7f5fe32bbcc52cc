import { hash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { systemCode } from '../errors.ts';
import type { CheckedReply, CheckedRequest, ReadFault, ReadPlace } from './checked-reads.ts';

// The entry of the thread of `openCheckedReads`. One batch after the other.

const port = parentPort!;

port.on('message', ({ id, into, places }: CheckedRequest) => {
  for (const [index, place] of places.entries()) {
    const fault = readOne(place, into.subarray(place.at, place.at + place.size));
    if (fault !== undefined) return port.postMessage({ id, failed: { index, fault } } satisfies CheckedReply);
  }
  port.postMessage({ id, failed: undefined } satisfies CheckedReply);
});

function readOne({ path, offset, size, sha256 }: ReadPlace, into: Uint8Array): ReadFault | undefined {
  try {
    const file = openSync(path, 'r');
    try {
      if (offset === undefined && fstatSync(file).size !== size) return 'damaged';
      for (let done = 0; done < size; ) {
        const read = readSync(file, into, done, size - done, (offset ?? 0) + done);
        if (read === 0) return 'damaged';
        done += read;
      }
    } finally {
      closeSync(file);
    }
    return hash('sha256', into) === sha256 ? undefined : 'damaged';
  } catch (error) {
    return { code: systemCode(error), message: String(error) };
  }
}
