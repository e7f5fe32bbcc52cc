import type { Md5, Sha256 } from '@sluice/formats/digest';

/**
 * Bytes kept from readers until the writer has verified the whole: a client can never have received a complete answer
 * whose digest was wrong.
 */
export const WITHHELD_BYTES = 64 * 1024;

/** What a receiver allows and expects. `maxBytes` and `size` in bytes; digests in lower-case hex. */
export type ReceiveOptions = {
  readonly maxBytes?: number;
  /** False for bytes of our own, and those that are thrown away again: their MD5 is not worked out. */
  readonly md5?: boolean;
  readonly expect?: { readonly sha256?: Sha256; readonly md5?: Md5; readonly size?: number };
};

/** What arrived. `size` in bytes. */
export type Received = OwnReceived & { readonly md5: Md5 };

/** The same of bytes whose MD5 nobody asks for. */
export type OwnReceived = { readonly sha256: Sha256; readonly size: number };

/**
 * One blob on its way in. The life of it:
 *
 *     open ── write* ──► finish() ──► verified() ──► commit()
 *       └───────┴────────────┴────────────┴──► abort(error) / discard()
 *
 * `finish` refuses what does not match `expect`; between it and `verified` the caller inspects the file at `path`.
 */
export type Receiving<Arrived extends OwnReceived = Received> = {
  /** The temporary file, for random access once finished. Gone after commit or discard. */
  readonly path: string;
  /** Bytes taken so far. */
  readonly size: number;
  /**
   * Take bytes; resolves when they are with the operating system. One call at a time. `chunk` may be reused afterwards.
   *
   * @throws {StorageError} `blob_too_large`, `disk_full`: the receiving is then aborted. `receive_state` after finish.
   */
  write(chunk: Uint8Array): Promise<void>;
  /**
   * No more bytes come. Idempotent.
   *
   * @throws {StorageError} `blob_corrupt` when digest or size differ from `expect`: the receiving is then aborted.
   */
  finish(): Promise<Arrived>;
  /** The whole is right: readers may have the last bytes, and `commit` is allowed. @throws {StorageError} `receive_state` before finish. */
  verified(): void;
  /**
   * The bytes from `offset` on, as they are written, up to the end. Any number of readers, each at its own pace, at any time until
   * discard (also after commit). The last {@link WITHHELD_BYTES} come only after `verified()`.
   *
   * @param signal ends the reader with the signal's reason, also while it waits for the writer.
   * @throws the writer's error as soon as it aborts.
   */
  readFrom(offset: number, signal?: AbortSignal): AsyncIterable<Uint8Array>;
  /** Durable and visible under the digest when it resolves, also where damaged bytes were there. Idempotent. @throws {StorageError} `receive_state` unless verified. */
  commit(): Promise<Arrived>;
  /** Give up: readers get `error`, the temporary file goes. Harmless when already aborted or committed. */
  abort(error: unknown): Promise<void>;
  /** `abort` without a reason of one's own; for `finally`. Harmless after commit. */
  discard(): Promise<void>;
};
