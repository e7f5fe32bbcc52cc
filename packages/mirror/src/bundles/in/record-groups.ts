import { type RecordLine, readContentsLine } from '@sluice/formats/bundle';

/** The records of one part of a channel, in order. To be read to the end, or not at all. */
export interface RecordGroup {
  channel: string;
  part: string;
  records: AsyncIterable<RecordLine>;
}

/** The records of a listing by channel and part. Groups that nobody reads are passed over. */
export async function* recordGroups(lines: AsyncIterable<string>): AsyncGenerator<RecordGroup> {
  const all = lines[Symbol.asyncIterator]();
  let next = await all.next();
  while (!next.done) {
    if (!isRecord(next.value)) {
      next = await all.next();
      continue;
    }
    const { channel, part } = readContentsLine(next.value) as RecordLine;
    const head = `{"c":${JSON.stringify(channel)},"p":${JSON.stringify(part)},"f":`;
    async function* records(): AsyncGenerator<RecordLine> {
      for (; !next.done && next.value.startsWith(head); next = await all.next()) {
        yield readContentsLine(next.value) as RecordLine;
      }
    }
    yield { channel, part, records: records() };
    while (!next.done && next.value.startsWith(head)) next = await all.next();
  }
}

/** Whether a line of a listing is that of a file; all others come before. */
export function isRecord(line: string): boolean {
  return line.startsWith('{"c":');
}
