export { askLists } from './ask-name/ask-lists.ts';
export { type AskedMirror, type AskedName, createNameAsker, type NameAsker } from './ask-name/name-asker.ts';
export { type BundleSliceEnd, type BundleSliceOptions, bundleSlice } from './bundles/bundle-slice.ts';
export type { BundleDeps } from './bundles/deps.ts';
export { farState } from './bundles/in/far-state.ts';
export type { RefusedPart } from './bundles/in/find-parts.ts';
export {
  type BegunImports,
  importPath,
  importSent,
  mayForgetImport,
  receivePart,
  sentBytes,
} from './bundles/in/import-verbs.ts';
export { inWork } from './bundles/in/place.ts';
export { distrustIssuer, type TrustedIssuer, trustedIssuers, trustIssuer } from './bundles/in/trust.ts';
export { watchFolder } from './bundles/in/watch-folder.ts';
export { type WatchedFile, watchedFiles } from './bundles/in/watched-files.ts';
export { type BundleMaker, createBundle } from './bundles/out/create-bundle.ts';
export type { BundleDefinition, BundleWish } from './bundles/out/definition.ts';
export { type OutReport, outWork } from './bundles/out/place.ts';
export { bundleWithParts, deleteBundleParts, resumeBundle, stopBundle } from './bundles/out/verbs.ts';
export { scheduleBundles } from './bundles/schedule/schedule-bundles.ts';
export {
  bundleSchedules,
  createBundleSchedule,
  removeBundleSchedule,
  type ScheduleWish,
} from './bundles/schedule/schedule-verbs.ts';
export { type BundleKey, bundleKey } from './bundles/signing-key.ts';
export type { MirrorDefinition, MirrorInput } from './definition/read-definition.ts';
export type { MirrorDeps } from './deps.ts';
export { type DryRun, type DryRunDeps, type DryRunWish, dryRun, type FileAction } from './dry-run/dry-run.ts';
export { type DefinitionIssue, MirrorError, type MirrorErrorCode } from './errors.ts';
export { createHttpClient, type HttpClient, type HttpClientOptions } from './fetch/http-client.ts';
export { type ProxyRules, proxyRulesOf } from './fetch/proxy-rules.ts';
export type { SourceArchives } from './fetch/source-folder.ts';
export { createSourceGuard, type SourceGuard } from './fetch/source-guard.ts';
export { parseSourceRules, type SourceRules } from './fetch/source-rules.ts';
export { type AccompaniedFile, type Companions, createCompanions } from './fetch-file/companions.ts';
export {
  createFileFetcher,
  type Fetched,
  type FetchRange,
  type FileFetcher,
  type Inflight,
  type WantedFile,
} from './fetch-file/file-fetcher.ts';
export { endGraces } from './keep/keep-vanished.ts';
export { redact } from './redact.ts';
export { completePublishedRuns, failUndocumentedRuns, publishingRuns } from './run/complete-runs.ts';
export type { RunCounts } from './run/run-counts.ts';
export { runSlice, type SliceEnd, type SliceOptions } from './run/run-slice.ts';
export { scheduleMirrors } from './run/schedule-mirrors.ts';
export { type Swept, sweepRuns } from './run/sweep-runs.ts';
export type { SyncState } from './run/sync-state.ts';
export { createSealer, type Sealer } from './seal.ts';
export type { InspectedPackage, InspectPackage } from './upstreams/conda/folder-packages.ts';
export { createMirror, type MirrorActor, type VerbDeps } from './verbs/create-mirror.ts';
export { deleteMirror, type FateOfFiles } from './verbs/delete-mirror.ts';
export { editMirror, type MirrorEdit } from './verbs/edit-mirror.ts';
export { type MirrorDependencies, mirrorDependencies } from './verbs/mirror-dependencies.ts';
export { listMirrors, listRuns, type MirrorInfo, mirrorInfo, mirrorInfos, type RunInfo } from './verbs/mirror-view.ts';
export { runNow, stopRun } from './verbs/run-mirror.ts';
