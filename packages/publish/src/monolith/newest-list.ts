import { packageNameOf } from '@sluice/formats/package';
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

/** A list of which some package names have other newest files now, or none: those in `fresh`, in the same order. */
export function renewedList(earlier: NewestList, names: ReadonlySet<string>, fresh: readonly NewestFile[]): NewestList {
  const kept = [...linesOf(earlier)].filter(({ fn }) => !names.has(packageNameOf('conda', fn)));
  const all: NewestFile[] = [];
  let i = 0;
  for (const file of kept) {
    while (i < fresh.length && fresh[i]!.name < file.name) all.push(fresh[i++]!);
    all.push(file);
  }
  return newestList([...all, ...fresh.slice(i)]);
}

/** The files of several subdirs name by name, in byte order of the names. */
export function* byName(lists: readonly NewestList[]): Generator<{ name: string; files: NewestFile[] }> {
  const readers = lists.map(linesOf);
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

function* linesOf(list: NewestList): Generator<NewestFile, undefined> {
  for (let at = 0; at < list.length; ) {
    const end = list.indexOf(0x0a, at);
    yield JSON.parse(list.toString('utf8', at, end));
    at = end + 1;
  }
}
