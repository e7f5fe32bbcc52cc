import type { ContentSink } from '../tar/content-sink.ts';

const NEWLINE = 0x0a;
/** No path is longer; what is gets cut into several lines, which does no harm here. */
const MAX_LINE_BYTES = 16 * 1024;

/** Hand on each line that is not blank, without its end. */
export function readLines(onLine: (line: string) => void): ContentSink {
  let carried: Uint8Array = new Uint8Array(0);

  function take(bytes: Uint8Array): void {
    const line = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8').trim();
    if (line !== '') onLine(line);
  }

  return {
    write(piece) {
      let from = 0;
      for (let to = piece.indexOf(NEWLINE); to !== -1; to = piece.indexOf(NEWLINE, from)) {
        const tail = piece.subarray(from, to);
        take(carried.length === 0 ? tail : Buffer.concat([carried, tail]));
        carried = new Uint8Array(0);
        from = to + 1;
      }
      if (from < piece.length) carried = Buffer.concat([carried, piece.subarray(from)]);
      if (carried.length > MAX_LINE_BYTES) {
        take(carried);
        carried = new Uint8Array(0);
      }
    },
    end: () => take(carried),
  };
}
