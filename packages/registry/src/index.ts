export { type Arrival, type ArrivedFile, admitBytes } from './admit/bytes.ts';
export type { AdmitDeps, Guard } from './admit/deps.ts';
export { admitFolderRecords, admitIndexDocument } from './admit/index-document.ts';
export type { PartRefresh } from './admit/refresh-part.ts';
export { sourceFacts } from './admit/source-facts.ts';
export { admitUpload, type Upload, type UploadResult } from './admit/upload.ts';
export { RegistryError, type RegistryErrorCode } from './errors.ts';
export { type DenialCount, type PartPlan, type PlannedFile, planLayer } from './plan-layer.ts';
