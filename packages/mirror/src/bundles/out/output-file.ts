import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** A new file that is written from its beginning to its end. */
export interface OutputFile {
  /** Take bytes over behind the last; their memory may be used again when it resolves. */
  append(bytes: Uint8Array): Promise<void>;
  /** Write what is held, and `head` at the very beginning; resolves when the disk has all of it. */
  finish(head: Uint8Array): Promise<void>;
  /** Waits for what is under way. */
  close(): Promise<void>;
}

/** One that is filled, and two on their way: the disk has the next when it is done with one. */
const pieceCount = 3;

/**
 * Open a new file. Whole pieces go past the system's cache (O_DIRECT) where the file system lets them: the disk works while the
 * next are made, a sync at the end has little to do, and gigabytes push nothing else out of memory.
 *
 * @param from bytes that are kept free at the beginning, for the head.
 * @param pieceBytes that are written at once: a multiple of what any disk calls a block.
 */
export async function createOutputFile(path: string, from: number, pieceBytes: number): Promise<OutputFile> {
  const pieces = Array.from({ length: pieceCount }, () => ({ bytes: onPages(pieceBytes), writing: Promise.resolve() }));
  const plain = await open(path, 'wx');
  const direct = await openDirect(path);
  let isDirect = direct !== undefined;
  let turn = 0;
  let start = 0;
  let filled = from;

  async function writePiece(bytes: Uint8Array, position: number): Promise<void> {
    const done = isDirect ? await tryDirect(bytes, position) : 0;
    await writeAll(plain, bytes.subarray(done), position + done);
  }

  async function tryDirect(bytes: Uint8Array, position: number): Promise<number> {
    try {
      return (await direct!.write(bytes, 0, bytes.length, position)).bytesWritten;
    } catch (error) {
      // Some file systems say only now that they do not do it.
      if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error;
      isDirect = false;
      return 0;
    }
  }

  const settled = () => Promise.all(pieces.map(({ writing }) => writing));

  return {
    async append(bytes) {
      for (let at = 0; at < bytes.length; ) {
        const piece = pieces[turn]!;
        await piece.writing;
        const some = bytes.subarray(at, at + pieceBytes - filled);
        piece.bytes.set(some, filled);
        at += some.length;
        filled += some.length;
        if (filled < pieceBytes) continue;
        piece.writing = writePiece(piece.bytes, start);
        // A failure is met by whoever waits next.
        piece.writing.catch(() => {});
        start += pieceBytes;
        turn = (turn + 1) % pieceCount;
        filled = 0;
      }
    },
    async finish(head) {
      await settled();
      await writeAll(plain, pieces[turn]!.bytes.subarray(0, filled), start);
      await writeAll(plain, head, 0);
      await plain.datasync();
    },
    async close() {
      await settled().catch(() => {});
      await direct?.close();
      await plain.close();
    },
  };
}

/** Undefined where the system or the file system has no such thing. */
function openDirect(path: string): Promise<FileHandle | undefined> {
  if (constants.O_DIRECT === undefined) return Promise.resolve(undefined);
  return open(path, constants.O_WRONLY | constants.O_DIRECT).catch(() => undefined);
}

/** Memory that begins where a page does, which a direct write asks for: what may grow lies on pages of its own. */
function onPages(bytes: number): Uint8Array {
  return new Uint8Array(new ArrayBuffer(bytes, { maxByteLength: bytes }), 0, bytes);
}

/** A disk that is nearly full writes less than it is given; the rest says why. */
async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
}
