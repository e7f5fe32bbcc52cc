import { FormatError } from '@sluice/formats/errors';
import { parseCoreMetadata, readPythonFileName, type SimpleEntry, type SimplePage } from '@sluice/formats/pypi';
import { MirrorError } from '../../errors.ts';
import type { UpstreamDeps } from '../upstream-deps.ts';
import type { ReleaseFacts } from './listed-records.ts';
import { openMetadata } from './metadata.ts';

/** METADATA files asked for at once. */
const workers = 16;

/**
 * What the releases of a page say in their METADATA, as far as the upstream gives it away (PEP 658) and there is time: one file
 * a release, since its files say the same. A release whose METADATA cannot be had stays unknown.
 *
 * @param known what was read before; not asked for again.
 * @param signal when the time is up. What has come until then counts.
 * @returns by version as normalised; `complete`: nothing was left out for want of time.
 */
export async function releaseFacts(
  deps: UpstreamDeps,
  name: string,
  { page, url }: { page: SimplePage; url: string },
  known: ReadonlyMap<string, ReleaseFacts>,
): Promise<{ facts: Map<string, ReleaseFacts>; complete: boolean }> {
  const facts = new Map(known);
  const waiting = [...filesToAsk(name, page)].filter(([version]) => !known.has(version)).reverse();
  let complete = true;
  const work = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      if (deps.signal?.aborted) {
        complete = false;
        return;
      }
      const [version, file] = next;
      const read = await readFacts(deps, url, file);
      if (read === 'later') complete = false;
      else if (read) facts.set(version, read);
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return { facts, complete };
}

/** Of each release a file whose METADATA the upstream has, wheels being all there are. */
function filesToAsk(name: string, page: SimplePage): Map<string, SimpleEntry> {
  const files = new Map<string, SimpleEntry>();
  for (const file of page.files) {
    if (file.coreMetadata === false) continue;
    const version = readPythonFileName(file.filename, name)?.version.text;
    if (version !== undefined && !files.has(version)) files.set(version, file);
  }
  return files;
}

async function readFacts(
  deps: UpstreamDeps,
  pageUrl: string,
  file: SimpleEntry,
): Promise<ReleaseFacts | 'later' | undefined> {
  try {
    const bytes = await openMetadata(deps, pageUrl, file, 1);
    return parseCoreMetadata(bytes);
  } catch (error) {
    if (deps.signal?.aborted) return 'later';
    if (error instanceof FormatError) return undefined;
    if (error instanceof MirrorError) return error.transient ? 'later' : undefined;
    throw error;
  }
}
