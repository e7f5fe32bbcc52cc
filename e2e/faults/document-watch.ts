import { setTimeout as sleep } from 'node:timers/promises';
import { readDocuments, type ShownDocuments } from './shown-channel.ts';

/** What somebody saw who kept looking at a channel. */
export interface Sightings {
  /** By subdir: each text of its `repodata.json` in the order of appearance. */
  readonly versions: Readonly<Record<string, readonly string[]>>;
  /** Looks that failed although the server was up. */
  readonly failures: readonly string[];
}

/**
 * Read the channel's index again and again.
 *
 * @param urlOf where; undefined while nobody answers.
 * @returns looks no more, and tells.
 */
export function watchDocuments(urlOf: () => string | undefined): () => Promise<Sightings> {
  const versions: Record<string, string[]> = {};
  const failures: string[] = [];
  let ending = false;
  const watching = (async () => {
    while (!ending) {
      const url = urlOf();
      try {
        if (url !== undefined) note(versions, await readDocuments(url));
      } catch (error) {
        // Not when it was killed in the middle of an answer.
        if (urlOf() === url) failures.push(String(error));
      }
      await sleep(100);
    }
  })();
  return async () => {
    ending = true;
    await watching;
    return { versions, failures };
  };
}

function note(versions: Record<string, string[]>, documents: ShownDocuments): void {
  for (const [subdir, text] of Object.entries(documents)) {
    versions[subdir] ??= [];
    if (versions[subdir].at(-1) !== text) versions[subdir].push(text);
  }
}
