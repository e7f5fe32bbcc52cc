import { MirrorError } from '../errors.ts';
import { absentIfMissing } from './absent-if.ts';
import type { Location } from './location.ts';
import type { UpstreamDeps } from './upstream-deps.ts';

/** Bytes of a file from `start` on. `size` is that of the whole file, when the upstream says. */
export interface OpenFile {
  start: number;
  size: number | undefined;
  bytes: AsyncIterable<Uint8Array>;
  /** Let go of bytes that will not be read. */
  discard(): Promise<void>;
}

/**
 * Open a file of an upstream, from byte `from` on if it can. An upstream that cannot gives it from the start.
 *
 * @param name what it is called in errors.
 * @throws {MirrorError} what {@link UpstreamDeps.http} throws; `source_refused`, `upstream_missing` for files.
 */
export async function openFile(
  deps: UpstreamDeps,
  location: Location,
  name: string,
  options: { from: number; attempts?: number | undefined },
): Promise<OpenFile> {
  const { otherwise } = location;
  if (otherwise !== undefined) {
    const { otherwise: _, ...here } = location;
    const found = await openFile(deps, here as Location, name, options).catch(absentIfMissing);
    return found ?? openFile(deps, otherwise, name, options);
  }
  if (location.kind === 'file') return openLocal(deps, location.path, options.from);
  const answer = await deps.http.open({
    url: location.url,
    headers: {
      'accept-encoding': 'identity',
      ...location.headers,
      ...(options.from > 0 ? { range: `bytes=${options.from}-` } : {}),
    },
    signal: deps.signal,
    ...(options.attempts === undefined ? {} : { attempts: options.attempts }),
  });
  const length = numberOf(answer.headers['content-length']);
  if (answer.status === 200) return { start: 0, size: length, bytes: answer.body, discard: answer.discard };
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(answer.headers['content-range'] ?? '');
  if (answer.status === 206 && options.from > 0 && range) {
    return { start: Number(range[1]), size: numberOf(range[2]), bytes: answer.body, discard: answer.discard };
  }
  await answer.discard();
  throw new MirrorError('upstream_malformed', `The upstream answered ${name} with status ${answer.status} unasked.`, {
    wanted: 'status 200',
    found: `status ${answer.status}`,
  });
}

async function openLocal(deps: UpstreamDeps, path: string, from: number): Promise<OpenFile> {
  const file = await deps.guard.file(path);
  async function* bytes() {
    try {
      yield* file.bytes(from, deps.signal);
    } finally {
      await file.close();
    }
  }
  return { start: from, size: file.size, bytes: bytes(), discard: () => file.close() };
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
