export {
  type AccountRow,
  anyAccount,
  findAccount,
  findAccountByName,
  insertAccount,
  touchLogin,
} from './queries/account.ts';
export { type ChannelRow, findChannel, findChannelById, notifyChanged } from './queries/channel.ts';
export { countJobs, type EnqueueOptions, enqueue, parkJob } from './queries/enqueue.ts';
export { type NewEvent, recordEvent } from './queries/event.ts';
export { countRefusals, type FolderFileRow, folderFiles, saveFolderFiles } from './queries/folder-file.ts';
export {
  dueMirrors,
  findMirror,
  findMirrorByName,
  insertMirror,
  listMirrors,
  type MirrorList,
  type MirrorRow,
  type NewMirror,
  newestRuns,
  removeMirror,
  setNextRun,
  updateMirror,
} from './queries/mirror.ts';
export {
  claimRun,
  completeWaitingRun,
  endIdleRun,
  endRun,
  findRun,
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
  type WaitingRun,
  waitingRuns,
} from './queries/run.ts';
export {
  countRunItems,
  deleteRunItems,
  failedRunItems,
  insertRunItems,
  nextRunItems,
  type RunItemRow,
  settleRunItems,
} from './queries/run-item.ts';
export { deleteOldSessions, endSession, findLiveSession, insertSession } from './queries/session.ts';
export {
  findOrCreateSource,
  findPart,
  findSource,
  noteZstAbsent,
  type SourceKey,
  type SourcePartRow,
  type SourceRow,
  sourceParts,
  touchPart,
} from './queries/source.ts';
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
export type { Db } from './session.ts';
export type { MirrorMode, Privacy, RunState, TokenResource } from './tables.ts';
