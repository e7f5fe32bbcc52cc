export { admitBlob, type ReceivedBlobs, receiveBlobs } from './admit/blob.ts';
export {
  admitBundlePart,
  type BundlePartFile,
  type BundlePartWork,
  keyIssuer,
  readBundleManifest,
} from './admit/bundle-part.ts';
export { admitBundledRecords, type BundledRecord } from './admit/bundle-records.ts';
export { type Arrival, type ArrivedFile, admitBytes } from './admit/bytes.ts';
export { digestOfAll } from './admit/change-set.ts';
export { admitCompanion, storedWheelMetadata } from './admit/companion.ts';
export type { AdmitDeps, Guard } from './admit/deps.ts';
export { admitFolderPackages, type FolderPackage } from './admit/folder-packages.ts';
export { folderRecord } from './admit/folder-record.ts';
export { admitIndexDocument } from './admit/index-document.ts';
export { type Inspectors, openInspectors } from './admit/inspectors.ts';
export { admitName, type ListedRecord, type NameRefresh } from './admit/name.ts';
export { digestAt } from './admit/note-revision.ts';
export { admitProjectList, readNameList } from './admit/project-list.ts';
export { admitRTree, describeRFile, type ListedRTree } from './admit/r-tree.ts';
export type { PartRefresh } from './admit/refresh-part.ts';
export { runExportsOfIndex } from './admit/run-exports-text.ts';
export { admitShardFiles, admitShards, type ListedShard } from './admit/shards.ts';
export { readAhead, sourceFacts } from './admit/source-facts.ts';
export { admitUpload, type Upload, type UploadResult } from './admit/upload.ts';
export { auditFaultText } from './audit/fault-text.ts';
export { sealEvents } from './audit/seal-events.ts';
export {
  type AuditFault,
  type AuditFaultCode,
  type AuditPlace,
  type AuditSlice,
  verifyAudit,
} from './audit/verify-audit.ts';
export { checkChannelFilters } from './channels/channel-filters.ts';
export { createChannel, type NewChannelWish } from './channels/create-channel.ts';
export { chooseDefaultChannel, createDefaultChannel } from './channels/default-channel.ts';
export { deleteChannel } from './channels/delete-channel.ts';
export { deleteFiles, type FileChoice } from './channels/delete-files.ts';
export type { Actor, ChannelDeps } from './channels/deps.ts';
export { type ChannelEdit, editChannel } from './channels/edit-channel.ts';
export { createNotice, deleteNotice, editNotice, type NoticeWish } from './channels/notice.ts';
export { type LayerWish, type MayStand, setChannelLayers } from './channels/set-layers.ts';
export { type YankWish, yankFile } from './channels/yank-file.ts';
export { type FieldIssue, RegistryError, type RegistryErrorCode } from './errors.ts';
export { type SettledKept, settleKept } from './kept/settle-kept.ts';
export { vanishedFiles } from './kept/vanished-files.ts';
export {
  beginMaintenance,
  type CheckOptions,
  type CheckReport,
  type CollectOptions,
  type CollectReport,
  type Finding,
  type MaintenanceDeps,
  type MaintenanceWish,
  maintenanceSlice,
  type SliceEnd,
} from './maintenance/index.ts';
export { type NeededDeps, neededFiles, recordDepends, storedDependencies } from './needed-files.ts';
export { clearPatches, type Patching, type PatchOptions, patchMissing, setPatches } from './patches/change-patches.ts';
export { readPatchPackage } from './patches/patch-package.ts';
export { type PatchWish, patchWish } from './patches/patch-wish.ts';
export type { PatchChange, PatchPreview } from './patches/preview-patches.ts';
export { type DenialCount, type PartPlan, type PlannedFile, planLayer } from './plan-layer.ts';
export { freeName, reserveName } from './reserved-names.ts';
export { editSettings, type SystemSettings, systemSettings } from './settings.ts';
