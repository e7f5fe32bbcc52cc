import { PublishError } from '../errors.ts';
import type { NewestFile } from './newest-files.ts';

/** The newest files of one subdir as a text, a line of JSON each, in byte order of their names: objects only one by one. */
export type NewestList = Buffer;

/** Write newest files down. They come in byte order of their names. */
export function newestList(files: readonly NewestFile[]): NewestList {
  const portions: Buffer[] = [];
  for (let at = 0; at < files.length; at += 1000) {
    const lines = files.slice(at, at + 1000).map((file) => `${JSON.stringify(file)}\n`);
    portions.push(Buffer.from(lines.join('')));
  }
  return Buffer.concat(portions);
}

/** The newest files of some package names. */
export function newestOf(list: NewestList, names: ReadonlySet<string>): NewestFile[] {
  return Array.from(linesOf(list)).flatMap(({ name, at, end }) => (names.has(name) ? [fileAt(list, at, end)] : []));
}

/** A list of which some package names have other newest files now, or none: those in `fresh`, in the same order. */
export function renewedList(earlier: NewestList, names: ReadonlySet<string>, fresh: readonly NewestFile[]): NewestList {
  const parts: Buffer[] = [];
  let [kept, next] = [0, 0];
  for (const { name, at, end } of linesOf(earlier)) {
    const before = next;
    while (next < fresh.length && fresh[next]!.name < name) next++;
    const isOther = names.has(name);
    if (next === before && !isOther) continue;
    parts.push(earlier.subarray(kept, at), newestList(fresh.slice(before, next)));
    kept = isOther ? end : at;
  }
  return Buffer.concat([...parts, earlier.subarray(kept), newestList(fresh.slice(next))]);
}

/** The files of several subdirs name by name, in byte order of the names. */
export function* byName(lists: readonly NewestList[]): Generator<{ name: string; files: NewestFile[] }> {
  const readers = lists.map(filesOf);
  const heads = readers.map((reader) => reader.next());
  for (;;) {
    let name: string | undefined;
    for (const { value } of heads) if (value && (name === undefined || value.name < name)) name = value.name;
    if (name === undefined) return;
    const files: NewestFile[] = [];
    heads.forEach(({ value }, i) => {
      if (value?.name !== name) return;
      files.push(value);
      heads[i] = readers[i]!.next();
    });
    yield { name, files };
  }
}

function* filesOf(list: NewestList): Generator<NewestFile, undefined> {
  for (const { at, end } of linesOf(list)) yield fileAt(list, at, end);
}

const fileAt = (list: NewestList, at: number, end: number): NewestFile => JSON.parse(list.toString('utf8', at, end));

/**
 * The lines with their ends; each begins with the name, which needs no escape.
 *
 * @throws {PublishError} `monolith_drift` when the last one has no end.
 */
function* linesOf(list: NewestList): Generator<{ name: string; at: number; end: number }, undefined> {
  const nameAt = '{"name":"'.length;
  for (let at = 0; at < list.length; ) {
    const end = list.indexOf(lineEnd, at) + 1;
    if (end === 0) {
      const details = { wanted: 'a line of JSON', found: list.toString('utf8', at, at + 100) };
      throw new PublishError('monolith_drift', 'What was noted of the newest files of a subdir is cut.', details);
    }
    yield { name: list.toString('latin1', at + nameAt, list.indexOf(quote, at + nameAt)), at, end };
    at = end;
  }
}

const [lineEnd, quote] = [0x0a, 0x22];
