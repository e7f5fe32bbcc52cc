export { type GeneralFile, type GeneralFilePlace, generalFileKey, parseGeneralFileKey } from './general-file.ts';
export { readGeneralFile, writeGeneralFile } from './general-record.ts';
