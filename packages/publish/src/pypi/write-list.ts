import { listedEntries } from '@sluice/catalog';
import { SIMPLE_API_VERSION } from '@sluice/formats/pypi';
import { putCompressed } from '@sluice/storage';
import { documentLevel } from '../monolith/document-level.ts';
import { gathered } from '../monolith/gathered.ts';
import type { MonolithDeps } from '../monolith/monolith-deps.ts';
import type { SubdirContent } from '../monolith/subdir-content.ts';
import type { WrittenPart } from '../monolith/write-part.ts';

/** Names read at once. */
const portion = 10_000;

/** Write the list of a publication's projects, in JSON. @see PEP 691 */
export async function writeProjectList(deps: MonolithDeps, content: SubdirContent): Promise<WrittenPart> {
  const document = gathered();
  const add = (text: string) => document.add(Buffer.from(text));
  add(`{"meta":{"api-version":"${SIMPLE_API_VERSION}"},"projects":[`);
  let separator = '';
  for await (const names of publishedNames(deps, content)) {
    add(separator + names.map((name) => `{"name":"${name}"}`).join(','));
    separator = ',';
    await document.settle();
  }
  add(']}');
  const list = await document.end();
  const blob = await putCompressed(deps.storage, list, documentLevel(list.bytes));
  return { documents: [{ key: `${content.subdir}/simple.json.zst`, blob }] };
}

async function* publishedNames(
  { db }: Pick<MonolithDeps, 'db'>,
  { channelId, no, subdir }: SubdirContent,
): AsyncGenerator<string[]> {
  const prefix = `${subdir}/`;
  for (let after = prefix; ; ) {
    const page = await listedEntries(db, channelId, { kind: 'shard', no }, after, portion);
    const keys = page.flatMap(({ key }) => (key.startsWith(prefix) ? key : []));
    if (keys.length > 0) yield keys.map((key) => key.slice(prefix.length));
    if (keys.length < portion) return;
    after = keys.at(-1)!;
  }
}
