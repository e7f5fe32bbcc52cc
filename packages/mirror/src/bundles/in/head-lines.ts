import {
  type AttachmentLine,
  type ChannelLine,
  type PatchLine,
  type ReservedLine,
  readContentsLine,
} from '@sluice/formats/bundle';
import { isRecord } from './record-groups.ts';

/** What a listing says beside its files. */
export interface HeadLines {
  channels: Map<string, ChannelLine>;
  /** By channel, then by subdir: texts of instructions. */
  patches: Map<string, Map<string, string>>;
  /** Notes by pattern. */
  reserved: Map<string, string>;
  attachments: Map<string, AttachmentLine>;
}

/** Read the lines before the files. */
export async function headLines(lines: AsyncIterable<string>): Promise<HeadLines> {
  const head: HeadLines = { channels: new Map(), patches: new Map(), reserved: new Map(), attachments: new Map() };
  for await (const text of lines) {
    if (isRecord(text)) break;
    const line = readContentsLine(text);
    if (line.kind === 'channel') head.channels.set(line.path, line);
    if (line.kind === 'patch') notePatch(head, line);
    if (line.kind === 'reserved') head.reserved.set(line.pattern, (line satisfies ReservedLine).note);
    if (line.kind === 'attachment') head.attachments.set(line.name, line);
  }
  return head;
}

function notePatch({ patches }: HeadLines, { channel, subdir, instructions }: PatchLine): void {
  const own = patches.get(channel) ?? new Map<string, string>();
  patches.set(channel, own.set(subdir, instructions));
}
