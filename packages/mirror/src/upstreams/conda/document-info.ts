import { createRepodataScanner, type RepodataInfo } from '@sluice/formats/conda';

/** The passing bytes, and the `info` seen in them. */
interface WatchedDocument {
  json: AsyncIterable<Uint8Array>;
  /** After the last byte. */
  found(): { subdir?: string | undefined; baseUrl?: string | undefined };
}

/**
 * Look for the `info` member while a repodata document passes. It comes first in nearly every document, so the look
 * costs nothing; in one where it comes last, or never, all of it is scanned a second time.
 *
 * What is no repodata passes too: whoever admits it says what is wrong.
 */
export function documentInfo(document: AsyncIterable<Uint8Array>): WatchedDocument {
  let info: RepodataInfo | undefined;
  let looking = true;
  const scanner = createRepodataScanner({
    onRecord() {},
    onInfo(seen) {
      info = seen;
    },
  });

  async function* watched() {
    for await (const chunk of document) {
      if (looking) {
        try {
          scanner.push(chunk);
        } catch {
          looking = false;
        }
        if (info) looking = false;
      }
      yield chunk;
    }
  }

  return { json: watched(), found: () => info ?? {} };
}
