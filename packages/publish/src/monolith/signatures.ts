import { hasSignatures } from '@sluice/catalog';
import type { RecordPlace } from '@sluice/policy';
import type { Unpacked } from '@sluice/storage';
import { gathered } from './gathered.ts';
import { listedRecords } from './listed-records.ts';
import type { MonolithDeps } from './monolith-deps.ts';
import { maps, type SubdirContent, type WordedContent } from './subdir-content.ts';

/** Whether anything of what a subdir is made of is signed. Mostly nothing is, and then this is all there is to it. */
export function isSigned({ db }: Pick<MonolithDeps, 'db'>, { subdir, parts }: SubdirContent): Promise<boolean> {
  return hasSignatures(
    db,
    subdir,
    parts.map(({ source_id }) => source_id),
  );
}

/**
 * The member `signatures` of a repodata.json, with a comma before it: who signed which of its records, as the upstream says. Only
 * of classic records that are shown as they came, since a signature is about the very text.
 *
 * @returns undefined when there is nothing to say. Its size is known before the document is written.
 * @see product.md SG-01, formats.md 2.4
 */
export async function signaturesMember(deps: MonolithDeps, content: WordedContent): Promise<Unpacked | undefined> {
  if (!(await isSigned(deps, content))) return undefined;
  const member = gathered();
  let before = ',"signatures":{';
  let last = '';
  for (const map of maps.filter(({ v3 }) => !v3)) {
    const take = ({ bytes, fileAt, fileEnd, signaturesAt, signaturesEnd }: RecordPlace, isVerbatim: boolean) => {
      const file = (bytes as Buffer).toString('latin1', fileAt, fileEnd);
      // Two layers may have the very record.
      if (!isVerbatim || signaturesAt < 0 || file === last) return;
      member.add(Buffer.from(`${before}${JSON.stringify(file)}:`));
      member.add(Uint8Array.from(bytes.subarray(signaturesAt, signaturesEnd)));
      before = ',';
      last = file;
    };
    const pass = listedRecords(deps.pool, content, map, content.words.has, take);
    for await (const _ of pass) await member.settle();
  }
  if (last === '') return undefined;
  member.add(Buffer.from('}'));
  return member.end();
}

/** The end of a document, whose last byte closes it, with another member before that. */
export async function* withMember(end: readonly Uint8Array[], member: Unpacked): AsyncGenerator<Uint8Array> {
  const closing = Buffer.concat(end);
  yield closing.subarray(0, -1);
  yield* member.chunks;
  yield closing.subarray(-1);
}
