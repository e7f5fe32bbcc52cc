export { ArchiveError, type ArchiveErrorCode } from './errors.ts';
export { type CondaInspection, type InspectOptions, inspectConda, type JsonObject } from './inspect/inspect-conda.ts';
export type { PathsSummary } from './inspect/paths-summary.ts';
export { DEFAULT_LIMITS, type Limits } from './limits.ts';
export type { RandomAccess } from './random-access.ts';
