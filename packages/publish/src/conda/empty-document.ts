import { createChanneldata, createRepodataWriter, createRunExportsWriter } from '@sluice/formats/conda';

/** The plain text of the document `key` (a `.zst` name) when there is nothing in it: a channel is never half there. */
export function emptyDocument(key: string): Uint8Array {
  const [subdir = '', document] = key.split('/');
  if (document === undefined) return Buffer.from(createChanneldata().write());
  const chunks: Uint8Array[] = [];
  const emit = (chunk: Uint8Array) => void chunks.push(chunk);
  if (document.startsWith('run_exports')) createRunExportsWriter(subdir, emit).end();
  else createRepodataWriter({ info: { subdir }, removed: [] }, emit).end();
  return Buffer.concat(chunks);
}
