export { joinCauses } from './cause.ts';
export { type ChangedVersions, type ChangedWish, changedVersions } from './changed-versions.ts';
export type { ChangeCause } from './changes/cause-of.ts';
export { type ChangeCursor, type ChannelChange, channelChanges } from './changes/channel-changes.ts';
export { type FileHistory, type FileHistoryVersion, fileHistory } from './changes/file-history.ts';
export {
  brokenByFilters,
  type CheckedChannel,
  type ClosureDeps,
  channelClosure,
  metBeside,
} from './channel-closure.ts';
export {
  type Comparison,
  comparePublications,
  type Difference,
  type DifferentFile,
  type FileChange,
  fileChanges,
} from './compare.ts';
export { type ChangeCode, type ChangeReason, changeReasons } from './compare-reasons.ts';
export { emptyDocument } from './conda/empty-document.ts';
export type { PublishDeps } from './deps.ts';
export { PublishError, type PublishErrorCode } from './errors.ts';
export { type FileAnswer, findFile, type ServedFile, type WantedFile } from './find-file.ts';
export { type HeadShard, headShards } from './head-shards.ts';
export { isHiddenFrom } from './hidden-above.ts';
export { outdatedChannels } from './judged.ts';
export { knownNeeded } from './known-needed.ts';
export { type RuledLayer, ruledLayers } from './layers.ts';
export { type ListedFileVersion, type ListedWish, listedVersions, publishedParts } from './listed-versions.ts';
export { lostRecords } from './lost-records.ts';
export { mendDocuments } from './monolith/mend-documents.ts';
export { type MonolithOutcome, writeMonolith } from './monolith/write-monolith.ts';
export { type OwnChangesWish, ownChangedNames } from './own-changes.ts';
export { type PlacedPin, type PublicationDeps, pinPublication, unpinPublication } from './pin.ts';
export { type PublishOutcome, publishChannel } from './publish-channel.ts';
export { bringProjectList } from './pypi/bring-project-list.ts';
export { pageUntil } from './pypi/page-until.ts';
export { checkPinName, parseRef, type Ref } from './ref.ts';
export { rehearse } from './rehearse.ts';
export { type ResolvedRef, resolveRef } from './resolve-ref.ts';
export { type Rollback, rollBack } from './rollback.ts';
