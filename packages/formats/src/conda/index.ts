export type { AboutJson } from './about-json.ts';
export { parseAboutJson } from './about-json.ts';
export { parseBuildString } from './build-string.ts';
export type { ChannelPlace } from './channel-name.ts';
export { parseChannelComponent, readChannel, reservedChannelNames } from './channel-name.ts';
export type { ChanneldataBuilder, ChanneldataFile, LinkFlags } from './channeldata.ts';
export { createChanneldata, createChanneldataWriter, linkFlags } from './channeldata.ts';
export type { CurrentCandidate } from './current-repodata.ts';
export { chooseCurrent, currentRecordText } from './current-repodata.ts';
export type { PackageExtension, PackageFileName } from './file-name.ts';
export { parseFileName } from './file-name.ts';
export type { IndexJson } from './index-json.ts';
export { parseIndexJson } from './index-json.ts';
export type { JsonObject, JsonValue } from './json.ts';
export { isJsonObject, parseJson, parseJsonObject, writeJson } from './json.ts';
export { parseLabel } from './label.ts';
export type { LinkJson } from './link-json.ts';
export { parseLinkJson } from './link-json.ts';
export type { MatchFields, MatchKey, MatchSpec } from './match-spec.ts';
export { literalName, matches, matchKeys, usedKeys } from './match-spec.ts';
export { parseMatchSpec } from './match-spec-parse.ts';
export { printMatchSpec } from './match-spec-print.ts';
export type { Notice } from './notices.ts';
export { checkNotice, noticeLevels, writeNotices } from './notices.ts';
export { parsePackageName } from './package-name.ts';
export type { FilePatch, PatchInstructions } from './patch-instructions.ts';
export { changedPatches, readPatchInstructions, viewPatchInstructions } from './patch-instructions.ts';
export type { PatchedExtra, PatchedRecord } from './patch-record.ts';
export { patchRecord } from './patch-record.ts';
export type { LegacyPathFiles, PathEntry } from './paths-json.ts';
export { parsePathsJson, pathsFromLists } from './paths-json.ts';
export type { PlainRecord, ValuePlace } from './plain-record.ts';
export { isAsciiAt, readPlainRecord } from './plain-record.ts';
export type { CondaRecord } from './record.ts';
export { readRecord, readTimestamp, viewRecord } from './record.ts';
export type { IndexedFile } from './record-from-index.ts';
export { recordFromIndexJson } from './record-from-index.ts';
export type { RepodataBucket, RepodataInfo } from './repodata-document.ts';
export { bucketKey, bucketOf, needsV3, repodataBuckets } from './repodata-document.ts';
export type { RepodataScanHandlers, RepodataScanner, RepodataScanSummary } from './repodata-scan.ts';
export { createRepodataScanner } from './repodata-scan.ts';
export type { RepodataEntry, RepodataFrame, RepodataSource, RepodataWriter } from './repodata-write.ts';
export { createRepodataWriter, writeRepodata } from './repodata-write.ts';
export type { RunExports } from './run-exports.ts';
export { exportsNothing, parseRunExports, toRunExports } from './run-exports.ts';
export type { RunExportsWriter } from './run-exports-write.ts';
export { createRunExportsWriter, runExportsOfEntry } from './run-exports-write.ts';
export { type PatchedShardIndex, patchShardIndex } from './shard-index-patch.ts';
export type { ReadShard, Shard, ShardIndex, ShardIndexInfo, ShardRecord, ShardText } from './shards.ts';
export {
  decodeShard,
  decodeShardIndex,
  encodeShard,
  encodeShardIndex,
  encodeShardTexts,
  readShard,
} from './shards.ts';
export { knownSubdirs, parseSubdir } from './subdir.ts';
export type { CondaVersion } from './version.ts';
export { compareVersions, parseVersion, versionStartsWith } from './version.ts';
export type { VersionSpec } from './version-spec.ts';
export { versionMatches } from './version-spec.ts';
export { parseVersionSpec } from './version-spec-parse.ts';
