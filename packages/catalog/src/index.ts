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
export { deleteOldSessions, endSession, findLiveSession, insertSession } from './queries/session.ts';
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
export type { Privacy, TokenResource } from './tables.ts';
