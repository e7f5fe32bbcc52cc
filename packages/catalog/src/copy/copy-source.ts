import { EventEmitter } from 'node:events';
import type pg from 'pg';

/** A COPY that sends: what has come of it, in pieces. */
export interface CopySource {
  /** The next piece, of about the wanted size; undefined behind the last. @throws what the server says. */
  next(): Promise<Buffer | undefined>;
  /** Whether the server has sent all, or failed. */
  readonly isOver: boolean;
}

/** So many pieces wait for whoever reads them; then the server does. */
const mostWaiting = 2;

/**
 * Begin a `copy … to stdout`.
 *
 * @param client one connection, busy until the last piece.
 * @param pieceSize bytes. A message of the server, which is one row, is never cut: a longer one is a piece of its own.
 */
export function openCopySource(client: pg.ClientBase, sql: string, pieceSize: number): CopySource {
  return client.query(new CopyOutQuery(sql, pieceSize));
}

/**
 * A query as `pg` runs it: it hands over each message, and tells how it ended. The stream of `pg-copy-streams` copies every
 * row twice more. An emitter, since that is whose errors get the code of a broken connection.
 */
class CopyOutQuery extends EventEmitter implements CopySource {
  isOver = false;
  readonly #sql: string;
  readonly #pieceSize: number;
  readonly #waiting: Buffer[] = [];
  #piece: Buffer = nothing;
  #size = 0;
  #failure: Error | undefined;
  #wake = () => {};
  #socket: pg.Connection['stream'] | undefined;

  constructor(sql: string, pieceSize: number) {
    super();
    this.#sql = sql;
    this.#pieceSize = pieceSize;
    this.on('error', (error: Error) => {
      this.#failure = error;
      this.#end();
    });
  }

  async next(): Promise<Buffer | undefined> {
    while (this.#waiting.length === 0 && !this.isOver) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#failure) throw this.#failure;
    const piece = this.#waiting.shift();
    if (this.#waiting.length < mostWaiting) this.#socket?.resume();
    return piece;
  }

  submit(connection: pg.Connection): void {
    this.#socket = connection.stream;
    connection.query(this.#sql);
  }

  handleCopyData({ chunk }: { chunk: Buffer }): void {
    if (this.#size + chunk.length > this.#piece.length) {
      this.#handOver();
      this.#piece = Buffer.allocUnsafeSlow(Math.max(this.#pieceSize, chunk.length));
    }
    // Copied at once: the next messages come into the same memory.
    this.#size += chunk.copy(this.#piece, this.#size);
  }

  handleCommandComplete(): void {
    this.#handOver();
    this.#end();
  }

  handleError(error: Error): void {
    this.emit('error', error);
  }

  handleReadyForQuery(): void {}

  #handOver(): void {
    if (this.#size === 0) return;
    this.#waiting.push(this.#piece.subarray(0, this.#size));
    this.#piece = nothing;
    this.#size = 0;
    if (this.#waiting.length >= mostWaiting) this.#socket?.pause();
    this.#wake();
  }

  #end(): void {
    this.isOver = true;
    this.#socket?.resume();
    this.#wake();
  }
}

const nothing = Buffer.alloc(0);
