import { createReadStream } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { MirrorError } from '../errors.ts';
import { unzstd } from './unzstd.ts';
import { readBytes, type UnzstdFailure, type UnzstdMessage, type UnzstdOrder } from './unzstd-file.ts';

// The entry of the thread of `unzstdFile`. Pieces go out with their memory, so many ahead of who reads them.

const { path, ahead } = workerData as UnzstdOrder;
const port = parentPort!;

/** A message costs more than unpacking a small piece does. */
const piecesOfMessage = 4;

let mayGo = ahead;
let onGo = () => {};
port.on('message', () => {
  mayGo++;
  onGo();
});

let pieces: Uint8Array<ArrayBuffer>[] = [];
let failed: UnzstdFailure | undefined;
try {
  for await (const piece of unzstd(createReadStream(path, { highWaterMark: readBytes }))) {
    pieces.push(own(piece));
    if (pieces.length < piecesOfMessage) continue;
    if (mayGo === 0) await told();
    mayGo--;
    tell({ pieces, failed, isLast: false });
    pieces = [];
  }
} catch (error) {
  failed = failureOf(error);
}
tell({ pieces, failed, isLast: true });
port.close();

function told(): Promise<void> {
  return new Promise((resolve) => {
    onGo = resolve;
  });
}

function tell(message: UnzstdMessage): void {
  const { pieces } = message;
  port.postMessage(
    message,
    pieces.map(({ buffer }) => buffer),
  );
}

/** With memory of its own, which goes with it: `unzstd` would give it back. */
function own(piece: Uint8Array): Uint8Array<ArrayBuffer> {
  const buffer = piece.buffer as ArrayBuffer;
  return buffer.byteLength === piece.byteLength ? new Uint8Array(buffer.transfer()) : Uint8Array.from(piece);
}

function failureOf(error: unknown): UnzstdFailure {
  if (!(error instanceof MirrorError)) return { message: String(error) };
  const { code, message, wanted, found, transient } = error;
  return { code, message, details: { ...(wanted && { wanted }), ...(found && { found }), transient } };
}
