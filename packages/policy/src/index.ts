export type { PackageType } from '@sluice/formats/package';
export * from './decision.ts';
export { readEnvironment } from './environment.ts';
export * from './errors.ts';
export { evaluate, evaluateAll, explain, type Verdicts } from './evaluate.ts';
export { type FactsBuilder, type FactsRow, factsBuilder } from './facts/builder.ts';
export { type ColumnBytes, encodeColumns, readColumns } from './facts/columns.ts';
export { hexAt } from './facts/digests.ts';
export type { Facts, LicenceText } from './facts/facts.ts';
export { type FactsSources, factsAt, factsOfRecords } from './facts/facts-at.ts';
export { addRecords, type RecordText, replacedFacts } from './facts/facts-of-records.ts';
export { fileRowsAmong, fileRowsOf, rowsByName } from './facts/file-rows.ts';
export { mergedFacts } from './facts/merged-facts.ts';
export { factsRowOf } from './facts/record-facts.ts';
export { handOnFacts, sharedFacts, shareFacts } from './facts/shared-facts.ts';
export { signatureOfWords } from './facts/signature.ts';
export {
  hashInto,
  hasRecordHash,
  type ListedWith,
  type RecordPlace,
  recordHash,
  recordHashAt,
  textHash,
} from './facts/text-hash.ts';
export { type FilterKey, filterFault } from './filter-fault.ts';
export {
  addsDependencies,
  type ChannelFilters,
  dependencyEnvironments,
  lookedAtSubdirs,
  type MirrorFilters,
  takesNeeded,
} from './filters.ts';
export { type LayerDefinition, layerRules } from './layer-rules.ts';
export { pythonNameGate } from './name-gate.ts';
export {
  type BrokenBy,
  type BrokenDependency,
  brokenDependencies,
  type MetElsewhere,
  metSpecs,
  neededName,
} from './needed/broken-dependencies.ts';
export {
  type DependencyLine,
  type DependencyReport,
  type DependencySummary,
  dependencyReport,
  dependencySummary,
  type Rest,
} from './needed/dependency-report.ts';
export { type Depends, type DependsList, dependsList, dependsOf } from './needed/depends-list.ts';
export { neededFiles, type PartDepends } from './needed/needed-files.ts';
export { asItCame, changedNeeded, type NeededSet, readNeeded, type StoredNeeded } from './needed/needed-set.ts';
export type { JudgedPart } from './needed/resolved-specs.ts';
export { rememberedVerdicts, verdictsOn } from './remembered-verdicts.ts';
export { isReserved, reservedPatternFault } from './reserved-names.ts';
export {
  keptPublications,
  leastDays,
  type RetentionDays,
  usualRetention,
} from './retention/kept-publications.ts';
export type { Rule } from './rule.ts';
export { isDay } from './rules/date.ts';
export { literalSpecName } from './specs/spec-set.ts';
