import { createHash } from 'node:crypto';
import { condaSubdirs } from '@sluice/testkit';
import { slowness } from './until.ts';

/** The `repodata.json` of each subdir as a client gets it. */
export type ShownDocuments = Readonly<Record<string, string>>;

interface Repodata {
  packages: Record<string, { sha256: string }>;
  'packages.conda': Record<string, { sha256: string }>;
}

/** Read the channel's index as a client does. @throws when an answer is not 200. */
export async function readDocuments(url: string): Promise<ShownDocuments> {
  const documents = condaSubdirs.map(async (subdir) => {
    const answer = await get(`${url}/api/repo/demo/${subdir}/repodata.json`);
    const text = await answer.text();
    if (answer.status !== 200) {
      throw new Error(`${answer.status}, Retry-After ${answer.headers.get('retry-after')}: ${subdir} ${text}`);
    }
    return [subdir, text] as const;
  });
  return Object.fromEntries(await Promise.all(documents));
}

/** Every file that documents list, as `/<subdir>/<file>`, with the digest its record promises. */
export function listedFiles(documents: ShownDocuments): Map<string, string> {
  const files = new Map<string, string>();
  for (const [subdir, text] of Object.entries(documents)) {
    const repodata = JSON.parse(text) as Repodata;
    for (const bucket of ['packages', 'packages.conda'] as const) {
      for (const [file, { sha256 }] of Object.entries(repodata[bucket])) files.set(`/${subdir}/${file}`, sha256);
    }
  }
  return files;
}

/** Download every listed file. @returns those that do not come or are not what their record says. */
export async function wrongFiles(url: string, documents: ShownDocuments): Promise<string[]> {
  const wrong: string[] = [];
  const files = listedFiles(documents).entries();
  const download = async () => {
    for (const [file, sha256] of files) {
      const answer = await get(`${url}/api/repo/demo${file}`);
      const bytes = Buffer.from(await answer.arrayBuffer());
      const found = createHash('sha256').update(bytes).digest('hex');
      if (answer.status !== 200 || found !== sha256) wrong.push(`${file}: ${answer.status} ${found}, not ${sha256}`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, download));
  return wrong;
}

/** The status of a download. */
export async function statusOf(url: string, file: string): Promise<number> {
  const answer = await get(`${url}/api/repo/demo${file}`);
  await answer.arrayBuffer();
  return answer.status;
}

const get = (url: string) => fetch(url, { signal: AbortSignal.timeout(20_000 * slowness) });
