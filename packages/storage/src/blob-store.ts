import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Sha256 } from '@sluice/formats/digest';
import type { OwnReceived, Received, ReceiveOptions, Receiving } from './receiving.ts';

/**
 * Where a blob's bytes are. The catalog keeps these columns; storage keeps no index of its own.
 * `size` in bytes. `pack` is present when the bytes lie inside a pack: `offset` is the first byte's place in it.
 */
export type BlobRef = { readonly sha256: Sha256; readonly size: number; readonly pack?: PackPlace };

/** A place inside a pack. */
export type PackPlace = { readonly id: string; readonly offset: number };

/** Half open, in bytes of the blob: `start` is the first byte (default 0), `end` the one after the last (default the size). */
export type ByteRange = { readonly start?: number; readonly end?: number };

/** Memory that several threads see. */
export type SharedBytes = Uint8Array<SharedArrayBuffer>;

/** A blob, and where in some memory its first byte goes. */
export type PlacedBlob = { readonly ref: BlobRef; readonly at: number };

/** One item of a pack that has been made durable. `length` in bytes; `pack` and `offset` go into the catalog. */
export type PackedBlob = {
  readonly sha256: Sha256;
  readonly pack: string;
  readonly offset: number;
  readonly length: number;
};

/** What a drift check finds in the store. `modified` is epoch milliseconds: when the bytes came, or were last received again. */
export type StoredObject =
  | { readonly kind: 'blob'; readonly sha256: Sha256; readonly size: number; readonly modified: number }
  | { readonly kind: 'pack'; readonly id: string; readonly size: number; readonly modified: number };

/**
 * Who a blob is sent to: a socket or the answer of an HTTP server. Not any other stream: the bytes are lent, and only these have let
 * them go when they call back (a PassThrough still holds them, and would pass on what came into the buffer next).
 */
export type BlobTarget = ServerResponse | Socket;

/** An opened blob on its way to one client. Exactly one of `send` and `close` must be called; `send` closes by itself. */
export type BlobRead = {
  /** Bytes that `send` will write: the length of the range. */
  readonly length: number;
  /**
   * Write the range into `target` and wait until the last byte has left this process's hands. Does not end `target`.
   *
   * @throws {StorageError} `reader_gone` when `target` closes first, `blob_corrupt` when the stored file is too short.
   */
  send(target: BlobTarget): Promise<void>;
  /** Let go without sending. Harmless after `send`. */
  close(): Promise<void>;
};

/**
 * Blobs by sha256, behind one interface whatever the medium. Every method may throw {@link StorageError} `storage_io` or `disk_full`.
 * Nothing becomes visible under its digest before it is verified and durable.
 */
export type BlobStore = {
  /** Begin to take in one blob. The caller must end it with `commit` or `discard`. */
  receive(options: ReceiveOptions & { readonly md5: false }): Promise<Receiving<OwnReceived>>;
  receive(options?: ReceiveOptions): Promise<Receiving>;

  /**
   * Make a batch (≤ 500) durable and visible with as few syncs as is safe. All must be `verified()`, and come from this store.
   * On an error some may already be visible: they are whole and right, so the caller discards the rest and may try again.
   *
   * @returns in the order given.
   * @throws {StorageError} `receive_state`.
   */
  commitMany(receivings: readonly Receiving[]): Promise<Received[]>;

  /** Write many small blobs as one immutable pack with one sync. Equal items share an offset. No items: no pack. */
  putPack(items: readonly Uint8Array[]): Promise<PackedBlob[]>;

  /**
   * Copy stored blobs, wherever they lie, into one new pack with one sync: what is still needed of packs that are mostly
   * dead. Holds one blob at a time, and hashes it, so that damage is not carried on. The old places stay as they are.
   *
   * @returns in the order given.
   * @throws {StorageError} `blob_missing`, `blob_corrupt`; then there is no new pack.
   */
  repack(refs: readonly BlobRef[]): Promise<PackedBlob[]>;

  /**
   * Where a blob lies as a file of its own, relative to the root of the store, for another program that serves it from there;
   * `undefined` when it lies in a pack, or the store keeps no files. Says nothing about whether it is there.
   */
  pathOf(ref: BlobRef): string | undefined;

  /** The size that is really stored, `undefined` when it is not there. For a packed blob: its length when the pack covers it. */
  stat(ref: BlobRef): Promise<{ readonly size: number } | undefined>;

  /**
   * The whole blob in memory: for small ones. Does not hash.
   *
   * @throws {StorageError} `blob_missing`, `blob_corrupt` (wrong length).
   */
  read(ref: BlobRef): Promise<Uint8Array>;

  /**
   * Many small blobs at once, each laid into `into` from `at` on, hashed and found to be what its digest says. On an error other
   * bytes may stand there. What lies between them stays as it is.
   *
   * @throws {StorageError} `blob_missing`, `blob_corrupt`, `blob_range` for one that does not fit.
   */
  readMany(into: SharedBytes, blobs: readonly PlacedBlob[]): Promise<void>;

  /**
   * The range as chunks that the reader may keep. Opens at the first chunk asked for, so not iterating costs nothing.
   *
   * @throws {StorageError} `blob_missing`, `blob_corrupt`, `blob_range`, all while iterating.
   */
  open(ref: BlobRef, range?: ByteRange): AsyncIterable<Uint8Array>;

  /**
   * Open a large blob for sending at the speed of the disk.
   *
   * @throws {StorageError} `blob_missing`, `blob_corrupt`, `blob_range`, before anything was sent.
   */
  createRead(ref: BlobRef, range?: ByteRange): Promise<BlobRead>;

  /**
   * Drop a blob. With `unchangedSince` (epoch milliseconds) it stays when it was received (again) later than that: a sweeper
   * passes the time at which it found the blob unreferenced, so it cannot take away what an admission has just relied on.
   *
   * @returns whether it was dropped.
   * @throws {StorageError} `blob_packed`: parts of a pack cannot go alone, see `deletePack`.
   */
  delete(ref: BlobRef, unchangedSince?: number): Promise<boolean>;

  /** Drop a whole pack, once nothing in it is referenced. Returns whether it was there. */
  deletePack(id: string): Promise<boolean>;

  /**
   * Remove what crashed receivers left: temporary files untouched for `olderThanMs`. Never those this process is writing.
   * Other nodes write here too, so `olderThanMs` must exceed the longest pause of a receiver (an hour is ample).
   */
  sweepTemp(olderThanMs: number, now: number): Promise<{ readonly files: number; readonly bytes: number }>;

  /**
   * Everything stored, or one part of it, in no promised order. Temporary files are not listed.
   *
   * @param part `packs`, or two hex digits: the blobs whose digests begin so.
   */
  list(part?: string): AsyncIterable<StoredObject>;

  /** Let go of files kept open. No other call may follow. */
  close(): Promise<void>;
};
