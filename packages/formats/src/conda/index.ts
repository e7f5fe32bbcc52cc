export * from './json.ts';
export * from './repodata-document.ts';
export * from './repodata-scan.ts';
