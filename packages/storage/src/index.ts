export { type BlobColumns, blobRef, putBlob, putSmallBlobs } from './blob-columns.ts';
export type {
  BlobRead,
  BlobRef,
  BlobStore,
  BlobTarget,
  ByteRange,
  PackedBlob,
  PackPlace,
  PlacedBlob,
  SharedBytes,
  StoredObject,
} from './blob-store.ts';
export {
  ifSound,
  putCompressed,
  readCompressed,
  readCompressedIfSound,
  readCompressedPieces,
  type Unpacked,
} from './compressed-blob.ts';
export { type DiskStoreOptions, openDiskStore } from './disk/open-disk-store.ts';
export { isLoss, StorageError, type StorageErrorCode } from './errors.ts';
export { readChecked } from './read-checked.ts';
export { type Received, type ReceiveOptions, type Receiving, WITHHELD_BYTES } from './receiving.ts';
export { through } from './through.ts';
