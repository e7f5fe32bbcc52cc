import type { PartOrigin } from '@sluice/catalog';

/** Where own uploads come from: no document. */
export const noOrigin: PartOrigin & { records: number } = {
  document_url: null,
  document_sha256: null,
  etag: null,
  last_modified: null,
  base_url: null,
  records: 0,
};
