import type { CommandModule } from './command.ts';
import * as auditVerify from './commands/audit-verify.ts';
import * as bundleCreate from './commands/bundle-create.ts';
import * as bundleDelete from './commands/bundle-delete.ts';
import * as bundleFetch from './commands/bundle-fetch.ts';
import * as bundleImport from './commands/bundle-import.ts';
import * as bundleKey from './commands/bundle-key.ts';
import * as bundleList from './commands/bundle-list.ts';
import * as bundleResume from './commands/bundle-resume.ts';
import * as bundleScheduleCreate from './commands/bundle-schedule-create.ts';
import * as bundleScheduleDelete from './commands/bundle-schedule-delete.ts';
import * as bundleScheduleList from './commands/bundle-schedule-list.ts';
import * as bundleState from './commands/bundle-state.ts';
import * as bundleStop from './commands/bundle-stop.ts';
import * as bundleTrustAdd from './commands/bundle-trust-add.ts';
import * as bundleTrustList from './commands/bundle-trust-list.ts';
import * as bundleTrustRemove from './commands/bundle-trust-remove.ts';
import * as bundleVerify from './commands/bundle-verify.ts';
import * as channelChanges from './commands/channel-changes.ts';
import * as channelClosure from './commands/channel-closure.ts';
import * as channelConflicts from './commands/channel-conflicts.ts';
import * as channelCreate from './commands/channel-create.ts';
import * as channelDelete from './commands/channel-delete.ts';
import * as channelEdit from './commands/channel-edit.ts';
import * as channelFiles from './commands/channel-files.ts';
import * as channelFreeze from './commands/channel-freeze.ts';
import * as channelHistory from './commands/channel-history.ts';
import * as channelLayers from './commands/channel-layers.ts';
import * as channelList from './commands/channel-list.ts';
import * as channelNoticeCreate from './commands/channel-notice-create.ts';
import * as channelNoticeDelete from './commands/channel-notice-delete.ts';
import * as channelNoticeEdit from './commands/channel-notice-edit.ts';
import * as channelNoticeList from './commands/channel-notice-list.ts';
import * as channelPackages from './commands/channel-packages.ts';
import * as channelReindex from './commands/channel-reindex.ts';
import * as channelShare from './commands/channel-share.ts';
import * as channelShow from './commands/channel-show.ts';
import * as channelUnfreeze from './commands/channel-unfreeze.ts';
import * as condarcRestore from './commands/condarc-restore.ts';
import * as condarcShow from './commands/condarc-show.ts';
import * as condarcWrite from './commands/condarc-write.ts';
import * as configGet from './commands/config-get.ts';
import * as configSet from './commands/config-set.ts';
import * as configShow from './commands/config-show.ts';
import * as configUnset from './commands/config-unset.ts';
import * as history from './commands/history.ts';
import * as login from './commands/login.ts';
import * as logout from './commands/logout.ts';
import * as maintenanceCheck from './commands/maintenance-check.ts';
import * as maintenanceCollect from './commands/maintenance-collect.ts';
import * as maintenanceRetention from './commands/maintenance-retention.ts';
import * as mirrorCreate from './commands/mirror-create.ts';
import * as mirrorDelete from './commands/mirror-delete.ts';
import * as mirrorDependencies from './commands/mirror-dependencies.ts';
import * as mirrorEdit from './commands/mirror-edit.ts';
import * as mirrorList from './commands/mirror-list.ts';
import * as mirrorPlan from './commands/mirror-plan.ts';
import * as mirrorRun from './commands/mirror-run.ts';
import * as mirrorRuns from './commands/mirror-runs.ts';
import * as mirrorShow from './commands/mirror-show.ts';
import * as mirrorStatus from './commands/mirror-status.ts';
import * as mirrorStop from './commands/mirror-stop.ts';
import * as mirrorSync from './commands/mirror-sync.ts';
import * as packagesListFiles from './commands/packages-list-files.ts';
import * as patchClear from './commands/patch-clear.ts';
import * as patchSet from './commands/patch-set.ts';
import * as patchShow from './commands/patch-show.ts';
import * as publicationCompare from './commands/publication-compare.ts';
import * as publicationList from './commands/publication-list.ts';
import * as publicationPin from './commands/publication-pin.ts';
import * as publicationRollback from './commands/publication-rollback.ts';
import * as publicationShow from './commands/publication-show.ts';
import * as publicationUnpin from './commands/publication-unpin.ts';
import * as reservedAdd from './commands/reserved-add.ts';
import * as reservedList from './commands/reserved-list.ts';
import * as reservedRemove from './commands/reserved-remove.ts';
import * as setupConda from './commands/setup-conda.ts';
import * as setupMamba from './commands/setup-mamba.ts';
import * as setupPip from './commands/setup-pip.ts';
import * as setupPixi from './commands/setup-pixi.ts';
import * as setupR from './commands/setup-r.ts';
import * as setupUv from './commands/setup-uv.ts';
import * as tokenCreate from './commands/token-create.ts';
import * as tokenList from './commands/token-list.ts';
import * as tokenRevoke from './commands/token-revoke.ts';
import * as tokenScopes from './commands/token-scopes.ts';
import * as upload from './commands/upload.ts';
import * as whoami from './commands/whoami.ts';

/** All commands, in the order in which `--help` lists them. */
export const commands: readonly CommandModule[] = [
  login,
  logout,
  whoami,
  channelCreate,
  channelClosure,
  channelConflicts,
  channelList,
  channelShow,
  channelEdit,
  channelLayers,
  channelDelete,
  channelFreeze,
  channelUnfreeze,
  channelReindex,
  channelShare,
  channelPackages,
  channelFiles,
  channelHistory,
  channelChanges,
  channelNoticeList,
  channelNoticeCreate,
  channelNoticeEdit,
  channelNoticeDelete,
  patchSet,
  patchShow,
  patchClear,
  publicationList,
  publicationShow,
  publicationCompare,
  publicationPin,
  publicationUnpin,
  publicationRollback,
  upload,
  mirrorCreate,
  mirrorList,
  mirrorShow,
  mirrorEdit,
  mirrorDelete,
  mirrorPlan,
  mirrorDependencies,
  mirrorRun,
  mirrorStop,
  mirrorStatus,
  mirrorRuns,
  mirrorSync,
  bundleCreate,
  bundleFetch,
  bundleVerify,
  bundleImport,
  bundleList,
  bundleStop,
  bundleResume,
  bundleDelete,
  bundleState,
  bundleKey,
  bundleTrustList,
  bundleTrustAdd,
  bundleTrustRemove,
  bundleScheduleCreate,
  bundleScheduleList,
  bundleScheduleDelete,
  tokenCreate,
  tokenList,
  tokenRevoke,
  tokenScopes,
  reservedList,
  reservedAdd,
  reservedRemove,
  history,
  auditVerify,
  maintenanceCollect,
  maintenanceCheck,
  maintenanceRetention,
  configSet,
  configGet,
  configUnset,
  configShow,
  condarcShow,
  condarcWrite,
  condarcRestore,
  setupConda,
  setupMamba,
  setupPixi,
  setupR,
  setupPip,
  setupUv,
  packagesListFiles,
];
