export { type Environment, readConfig } from './config/read-config.ts';
export { describeApi } from './describe-api.ts';
export { createLog } from './log.ts';
export { type RunningServer, serve } from './serve.ts';
