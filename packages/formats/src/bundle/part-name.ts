import { isSeriesName, type Manifest } from './manifest.ts';

type Named = Pick<Manifest, 'series' | 'serial' | 'base' | 'part'>;

/** How the file of a part is called: `main-7.from-6.part0001.sluice`, a full one `main-7.part0001.sluice`. */
export function partFileName({ series, serial, base, part }: Named): string {
  const from = base === null ? '' : `.from-${base}`;
  return `${series}-${serial}${from}.part${String(part).padStart(4, '0')}.sluice`;
}

const NAME =
  /^(?<series>[a-z0-9_-]+)-(?<serial>[1-9]\d{0,6})(?:\.from-(?<base>[1-9]\d{0,6}))?\.part(?<part>\d{4})\.sluice$/;

/** What the name of a file says of the part it may be; undefined for other names. Only the manifest is to be believed. */
export function readPartFileName(name: string): Named | undefined {
  const { series, serial, base, part } = NAME.exec(name)?.groups ?? {};
  if (series === undefined || !isSeriesName(series) || Number(part) === 0) return undefined;
  return { series, serial: Number(serial), base: base === undefined ? null : Number(base), part: Number(part) };
}

/** The members of a part after its manifest: `contents.zst` of part 1, then blobs, then attachments. */
export const contentsMember = 'contents.zst';

/** The member that holds a blob verbatim. Each stands once in the whole bundle. */
export function blobMember(sha256: string): string {
  return `blobs/${sha256}`;
}

/** The member that holds an attachment verbatim. */
export function attachmentMember(name: string): string {
  return `files/${name}`;
}

/** What a member holds, by its name; undefined for a name that no bundle has. */
export function readMemberName(
  name: string,
): { kind: 'contents' } | { kind: 'blob'; sha256: string } | { kind: 'attachment'; name: string } | undefined {
  if (name === contentsMember) return { kind: 'contents' };
  if (/^blobs\/[0-9a-f]{64}$/.test(name)) return { kind: 'blob', sha256: name.slice(6) };
  const attached = name.startsWith('files/') ? name.slice(6) : '';
  return isAttachmentName(attached) ? { kind: 'attachment', name: attached } : undefined;
}

/** Whether an attachment may be called so: a plain file name of at most 90 bytes, neither hidden nor a path. */
export function isAttachmentName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._+ -]{0,89}$/.test(name);
}
