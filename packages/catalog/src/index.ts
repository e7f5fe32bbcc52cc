export { type ConnectOptions, connect, type Database, type DatabaseAddress } from './connect.ts';
export { isConnectionLoss } from './connection-loss.ts';
export type { CopyBatch } from './copy/copy-batch.ts';
export { type CopyWriter, copyIn } from './copy/copy-in.ts';
export { copyOut, copyOutInOrder } from './copy/copy-out.ts';
export type { CopyType, CopyValue } from './copy/row-packer.ts';
export { dump } from './dump/dump.ts';
export { type Restored, restore } from './dump/restore.ts';
export { CatalogError, type CatalogErrorCode } from './errors.ts';
export { joined } from './joined.ts';
export { isLessPublic } from './less-public.ts';
export { type ListenHandlers, listen } from './listen.ts';
export {
  type AppliedMigration,
  type MigrateOptions,
  type Migration,
  migrate,
  readMigrations,
  readSchema,
} from './migrate.ts';
export { ping } from './ping.ts';
export {
  type EmbeddedPostgres,
  type PostgresAddress,
  type PostgresEnding,
  type StartPostgresOptions,
  startPostgres,
} from './postgres/start-postgres.ts';
export {
  type AccountRow,
  anyAccount,
  findAccount,
  findAccountByName,
  firstAdministrator,
  insertAccount,
  setDefaultChannel,
  touchLogin,
} from './queries/account.ts';
export {
  type BlobRow,
  blobsByDigest,
  findBlob,
  insertBlobs,
  keepBlobs,
  localDigests,
  placeBlobs,
} from './queries/blob.ts';
export { shareBlobs, withBlobsAlone } from './queries/blob-lock.ts';
export {
  type BundleChange,
  type BundleDirection,
  type BundleList,
  type BundlePartRow,
  type BundleRow,
  bundleParts,
  deleteBundle,
  findBundle,
  insertBundle,
  listBundles,
  type NewBundle,
  noteBundleReport,
  saveBundle,
  saveBundleParts,
} from './queries/bundle.ts';
export {
  findImport,
  holdBundle,
  type ImportedSeries,
  importsAfter,
  lastImport,
  lockImportsOf,
  openImports,
  shownRevision,
} from './queries/bundle-in.ts';
export {
  type BundledBlob,
  brokenBundles,
  companionsOfVersions,
  copyVersionsAfter,
  findBundleBase,
  findBundleState,
  forgetBundleBlobs,
  holdPublicationsFor,
  nextBundleSerial,
  olderBundles,
  releasePublicationsOf,
  saveBundleBlobs,
  type VersionWanted,
  versionBlobs,
} from './queries/bundle-out.ts';
export {
  type BundleScheduleRow,
  deleteBundleSchedule,
  dueBundleSchedules,
  insertBundleSchedule,
  listBundleSchedules,
  moveBundleSchedule,
} from './queries/bundle-schedule.ts';
export { changedFiles, changedShardNames } from './queries/changed-names.ts';
export {
  type ChannelChange,
  type ChannelRow,
  findChannel,
  findChannelById,
  insertChannel,
  lockChannel,
  markChannelDeleted,
  type NewChannel,
  notifyChanged,
  updateChannel,
} from './queries/channel.ts';
export {
  type BelowHead,
  changedShards,
  headsBelow,
  listedParts,
  partsHaving,
  shardsAt,
} from './queries/channel-below.ts';
export {
  type ChangedEntry,
  type ChangePlace,
  type ChangeWish,
  changedEntries,
  type PublicationMaking,
  publicationMakings,
} from './queries/channel-change.ts';
export {
  channelsAbove,
  channelsBelow,
  lockStacks,
  removeChannelLayer,
  replaceChannelLayers,
  type StackEdge,
  setNamePriority,
  stackEdges,
} from './queries/channel-layer.ts';
export {
  type ChannelList,
  type ChannelSight,
  type ChannelSummary,
  channelSorts,
  findChannelSummary,
  listChannels,
} from './queries/channel-list.ts';
export { removeDeletedChannel } from './queries/channel-removal.ts';
export { addDownloads } from './queries/download.ts';
export {
  blobsAfter,
  type ChannelNumbers,
  channelNumbers,
  type ListedEntry,
  listedDocument,
  listedEntries,
  mirrorsAhead,
  nextPart,
  type SourcePartPlace,
  strayRows,
  twiceLiveFiles,
} from './queries/drift.ts';
export {
  type EnqueueOptions,
  enqueue,
  enqueueMonolith,
  enqueueOldMonolith,
  enqueuePublication,
  type PublicationCause,
  parkJob,
  restMonolith,
  type UnfinishedJob,
  unfinishedJobs,
} from './queries/enqueue.ts';
export { type FoundEntry, findEntry, firstListed } from './queries/entry.ts';
export { type EventFilter, type EventRow, listEvents, type NewEvent, recordEvent } from './queries/event.ts';
export {
  findSeal,
  insertSeals,
  lastSeal,
  lockSealer,
  type SealedEvent,
  type SealRow,
  sealsAfter,
  takeUnsealed,
  type UnsealedEvent,
  unchainedEvent,
} from './queries/event-seal.ts';
export { factsSources, findFacts, insertFacts } from './queries/facts.ts';
export {
  type ConflictRow,
  countConflicts,
  type FoundConflicts,
  listConflicts,
  replaceConflicts,
} from './queries/file-conflict.ts';
export { createFileLocks, type FileLocks } from './queries/file-lock.ts';
export {
  type FileVersion,
  fileTexts,
  fileVersions,
  publishedSources,
  type ShownInterval,
  shownIntervals,
  type Turn,
} from './queries/file-version.ts';
export { type FolderFileRow, folderFiles, forgetFolderFiles, saveFolderFiles } from './queries/folder-file.ts';
export {
  type BlobAmount,
  condemnBlobs,
  condemnedBlobs,
  forgetRetired,
  moveBlobs,
  packedBlobs,
  packUse,
  type RemovedBlob,
  removeCondemned,
  retirePacks,
  weighBlobs,
} from './queries/garbage.ts';
export { headPackageNames, headShardBlobs } from './queries/head.ts';
export {
  earlierShards,
  headIndexes,
  headNameSubdirs,
  headShardEntries,
  lastPublishedShards,
  upstreamShards,
  type WantedShard,
} from './queries/head-shard.ts';
export { findInspections, type InspectionRow, insertInspections } from './queries/inspection.ts';
export { type KeptFile, keepRecords } from './queries/keep-records.ts';
export {
  copyKept,
  countKept,
  doneKept,
  forgetKept,
  type KeepingMirror,
  lockKeepingMirror,
  lockKeptSource,
  mirrorsPastGrace,
  recordsTurning,
  type VersionKey,
  vanishedRecords,
} from './queries/kept-record.ts';
export { channelLayers, failedFiles, type LayerRow } from './queries/layer.ts';
export { advanceMirror, type LazyMirror, lazyMirrors } from './queries/lazy-mirror.ts';
export { listedSince } from './queries/listed-version.ts';
export { liveRecordPages } from './queries/live-records.ts';
export {
  findMaintenance,
  forgetOldMaintenance,
  insertMaintenance,
  listMaintenance,
  type MaintenanceKind,
  type MaintenanceRow,
  type MaintenanceStep,
  maintenanceMarks,
  openMaintenance,
  saveMaintenance,
} from './queries/maintenance.ts';
export {
  dueMirrors,
  findMirror,
  findMirrorByName,
  findMirrorOf,
  findMirrors,
  insertMirror,
  listMirrors,
  type MirrorList,
  type MirrorRow,
  type MirrorSort,
  moveMirror,
  type NewMirror,
  newestRuns,
  removeMirror,
  setDependencies,
  setNextRun,
  updateMirror,
  wantsSignatures,
} from './queries/mirror.ts';
export {
  copyRecordsOfMap,
  copySignatures,
  type DocumentRow,
  documentsAt,
  documentsBefore,
  findPublicationSource,
  hasSignatures,
  headDocuments,
  insertMonolith,
  type MonolithRow,
  moveMonolith,
  type PublicationSource,
  type PublishedDocuments,
  type PublishedSubdir,
  publishedSubdirs,
  type RecordMap,
  type ShardTotals,
  shardTotals,
} from './queries/monolith.ts';
export {
  bundleDigests,
  copyDigests,
  copyUploadedRecords,
  countDigests,
  type EntryPageRow,
  type EntryPlace,
  entriesAfter,
  headNumbers,
  holdPublications,
  type MirroredState,
  mirroredStates,
  publishedDigests,
  runDigests,
  uploadedDigests,
  uploadSources,
  versionDigests,
} from './queries/needed-blobs.ts';
export { findDependencyLines, findNeededFiles, insertNeededFiles, type LayerState } from './queries/needed-files.ts';
export {
  deleteNotice,
  findNotice,
  insertNotice,
  listNotices,
  type NoticeRow,
  updateNotice,
} from './queries/notice.ts';
export {
  type NewPatch,
  type PatchRow,
  type PublicationsOf,
  patchesInForce,
  publishedPatches,
  readPatch,
  replacePatches,
} from './queries/patch.ts';
export { deletePin, findPin, type PinRow, setPin } from './queries/pin.ts';
export { deleteProjectList, findProjectList, ownProjects, saveProjectList } from './queries/project-list.ts';
export {
  channelsJudgedOtherwise,
  type EntryRow,
  headCounts,
  insertPublication,
  liveEntries,
  type PublicationChange,
  recountHead,
  setJudged,
} from './queries/publication.ts';
export {
  type ComparedShard,
  copyMovedShards,
  type TouchedEntry,
  touchedEntries,
} from './queries/publication-difference.ts';
export { findPublication, listPublications, type PublicationRow } from './queries/publication-list.ts';
export {
  findPublicationBefore,
  findPublicationByPin,
  findPublicationTime,
  nearestPublications,
  type PublicationTime,
} from './queries/publication-ref.ts';
export {
  changedRecords,
  closeRecords,
  copyChangedRecords,
  copyLiveRecords,
  copyRecordsOf,
  findLatestRecords,
  findOlderRecords,
  findRecord,
  findRecordDigest,
  findRecords,
  findRecordVersion,
  gatherRecordStatistics,
  inheritRecordDigests,
  insertRecord,
  insertRecordDigest,
  insertRecordDigests,
  newestFilesBetween,
  type Part,
  type RecordVersion,
} from './queries/record.ts';
export { type CompanionPlace, findCompanion, keepCompanions, saveCompanions } from './queries/record-companion.ts';
export {
  countRefusals,
  noteRefusals,
  type RefusedRecord,
  refusedRecords,
  saveRefusedRecords,
} from './queries/refusal.ts';
export { type FileRemoval, findRemovals } from './queries/removal-event.ts';
export {
  deleteReservedName,
  insertReservedName,
  listReservedNames,
  mirroringChannels,
  type ReservedNameRow,
  reservedAgainst,
  reservedPatterns,
} from './queries/reserved-name.ts';
export {
  channelsAfter,
  countSpareRows,
  countUnlistedEntries,
  type DerivedTable,
  deletePublications,
  deleteSpareRows,
  deleteUnlistedEntries,
  derivedBlobs,
  derivedTables,
  type KeepState,
  keepState,
} from './queries/retention.ts';
export { insertRollback, type RollbackNote } from './queries/rollback.ts';
export {
  boundIdleTransaction,
  claimRun,
  endRun,
  findRun,
  haltIdleRun,
  holdsLease,
  insertRun,
  lapsedRuns,
  lastCompletedRun,
  mirrorRuns,
  type RunEnd,
  type RunHold,
  type RunProgress,
  type RunRow,
  releaseLease,
  renewLease,
  requestStop,
  saveProgress,
  stopRequested,
} from './queries/run.ts';
export {
  countRunItems,
  deleteRunItems,
  insertRunItems,
  nextRunItems,
  type RunItemRow,
  type RunItemTally,
  settleRunItems,
} from './queries/run-item.ts';
export {
  awaitPublication,
  endWaitingRun,
  noteAwaitedPublication,
  overduePublications,
  publishedRuns,
  undocumentedRuns,
  waitingRuns,
} from './queries/run-publication.ts';
export { addToReport } from './queries/run-report.ts';
export { endEarlierWorkers, poolOfRun } from './queries/run-session.ts';
export { deleteOldSessions, endSession, findLiveSession, insertSession } from './queries/session.ts';
export { insertSetting, readSettings, saveSettings } from './queries/setting.ts';
export { findShard } from './queries/shard-entry.ts';
export {
  findOrCreateSource,
  findPart,
  findSource,
  findSourceByKey,
  type PartAbsences,
  type SourceKey,
  type SourcePartRow,
  type SourceRow,
  sourceParts,
  touchPart,
} from './queries/source.ts';
export {
  findSourceList,
  type SourceListRow,
  saveSourceList,
  sourceLists,
  touchSourceList,
} from './queries/source-list.ts';
export {
  countKnownNames,
  findSourceName,
  forgetAbsentNames,
  knownNames,
  liveRecordsBetween,
  type NamePlace,
  type NewSourceName,
  type SourceNameRow,
  saveRefusedBetween,
  saveSourceName,
  touchSourceName,
} from './queries/source-name.ts';
export { noOrigin, type PartOrigin, partSubdirs, savePart, sourceRevision } from './queries/source-part.ts';
export {
  type ChangeCounts,
  changesBetween,
  insertRevision,
  type RevisionBy,
  type SourceRevisionRow,
} from './queries/source-revision.ts';
export {
  findShardBlobs,
  keepShardsToSource,
  liveShards,
  replaceShards,
  type SourceShardRow,
} from './queries/source-shard.ts';
export {
  findLiveToken,
  findToken,
  findTokens,
  insertToken,
  type LiveToken,
  replaceTokenSecret,
  revokeToken,
  type TokenRow,
  touchTokens,
} from './queries/token.ts';
export { findUploadsSource, liveFilesBetween, lockUploadsSource, type UploadsSource } from './queries/uploads.ts';
export { beatWorkers, releaseLostJobs } from './queries/worker.ts';
export { isOpenRun, stageAfter, stepOf, stepsOf } from './run-states.ts';
export type { Db } from './session.ts';
export { type Session, withFreeLock, withLock, withSession } from './session.ts';
export type {
  CompanionKind,
  MirrorLimits,
  MirrorMode,
  NamePriority,
  Privacy,
  PublicationInput,
  RunState,
  TokenResource,
} from './tables.ts';
export { isUnstorableText } from './unstorable-text.ts';
