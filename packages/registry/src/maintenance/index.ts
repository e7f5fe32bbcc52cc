export { beginMaintenance, type MaintenanceWish } from './begin-maintenance.ts';
export type { CheckOptions, CheckReport, Finding, FindingCode } from './check/report.ts';
export type { CollectOptions, CollectReport } from './collect/report.ts';
export type { MaintenanceDeps } from './deps.ts';
export { maintenanceSlice, type SliceEnd } from './run-slice.ts';
