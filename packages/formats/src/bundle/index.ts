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
  writeContentsLine,
} from './contents.ts';
export { applyDifference, differenceOf, type Lines, mergedLines, recordPlaceOf } from './difference.ts';
export { lineBatchesOf, linesOf } from './lines.ts';
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
