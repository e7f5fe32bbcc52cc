export { blobFinder } from './blob-finder.ts';
export {
  type AttachmentLine,
  blobsOfRecordLine,
  type ChannelLine,
  type ContentsLine,
  compareLineKeys,
  type GoneLine,
  goneLine,
  isRecordLine,
  type ListingLine,
  lineKey,
  type MirrorLine,
  type PatchLine,
  type RecordLine,
  type ReservedLine,
  readContentsLine,
  recordKey,
  writeContentsLine,
} from './contents.ts';
export { applyDifference, differenceOf, type Lines, recordPlaceOf } from './difference.ts';
export { linesOf, wholeLinesOf } from './lines.ts';
export {
  isSeriesName,
  type Manifest,
  manifestLine,
  mostParts,
  readManifest,
  type SignedManifest,
  writeManifest,
} from './manifest.ts';
export {
  attachmentMember,
  blobMember,
  contentsMember,
  isAttachmentName,
  partFileName,
  readMemberName,
  readPartFileName,
} from './part-name.ts';
export { type KeyRange, type Splice, splicedListing } from './splice.ts';
export { type FarState, prefixDigits, readStateFile, writeStateFile } from './state-file.ts';
export {
  partBodyAt,
  readTarHeader,
  type TarMember,
  tarBlock,
  tarEnd,
  tarHeader,
  tarMemberBytes,
  tarPadding,
} from './tar.ts';
