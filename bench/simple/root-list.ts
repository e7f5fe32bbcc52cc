import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import type { Figures } from '../bench.ts';
import { timed } from '../measure.ts';
import type { SluiceProcess } from '../sluice/sluice-process.ts';
import { htmlHeaders, openAnswer, pipHeaders } from './pip.ts';
import { listedNames } from './upstream.ts';

/** Wait until the list of a mirror is that of its upstream. */
export async function untilListed(url: string, count: number, patience_ms = 60_000): Promise<void> {
  const begin = performance.now();
  for (;;) {
    const { names, status } = await readList(url, pipHeaders());
    if (status === 200 && names === count) return;
    if (performance.now() - begin > patience_ms) throw new Error(`${url}: ${status}, ${names} names of ${count}.`);
    await sleep(100);
  }
}

/** What holds of a list, whatever its form: its names in their order. */
interface ListRead {
  readonly status: number;
  readonly names: number;
  readonly digest: string;
}

/**
 * Have some clients read the list at once, in JSON, then in HTML. Each must get the names, all of them, in order.
 *
 * @param given names of the upstream with a page.
 */
export async function streamLists(
  sluice: Pick<SluiceProcess, 'pid'>,
  url: string,
  { clients, given, listed }: { clients: number; given: readonly string[]; listed: number },
): Promise<Figures> {
  const wanted = digestOf(listedNames(given, listed));
  const before = residentMemory(sluice.pid);
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, residentMemory(sluice.pid));
  }, 20);
  const seconds: Record<string, number> = {};
  try {
    for (const [form, headers] of [
      ['json', pipHeaders()],
      ['html', { ...pipHeaders(), ...htmlHeaders }],
    ] as const) {
      const read = await timed(() => Promise.all(Array.from({ length: clients }, () => readList(url, headers))));
      const wrong = read.value.find(({ status, digest }) => status !== 200 || digest !== wanted);
      if (wrong) throw new Error(`The list in ${form} is wrong: ${JSON.stringify(wrong)}.`);
      seconds[form] = read.seconds;
    }
  } finally {
    clearInterval(watch);
  }
  return {
    root_rss_growth_mb: most - before,
    root_s: Math.max(seconds.json!, seconds.html!),
    root_json_s: seconds.json!,
    root_html_s: seconds.html!,
  };
}

/** Read a list as it comes, holding none of it. */
async function readList(url: string, headers: Record<string, string>): Promise<ListRead> {
  const response = await openAnswer(url, headers);
  const pattern = response.headers['content-type']?.includes('json') ? /"name":\s*"([^"]+)"/g : />([^<>\n]+)<\/a>/g;
  const hash = createHash('sha256');
  const body = response.headers['content-encoding'] === 'gzip' ? response.pipe(createGunzip()) : response;
  let [rest, names] = ['', 0];
  for await (const chunk of body) {
    const text = rest + chunk.toString();
    let end = 0;
    for (const match of text.matchAll(pattern)) {
      hash.update(`${match[1]}\n`);
      names++;
      end = match.index + match[0].length;
    }
    rest = text.slice(end);
  }
  return { status: response.statusCode!, names, digest: hash.digest('hex') };
}

function digestOf(names: readonly string[]): string {
  const hash = createHash('sha256');
  for (const name of names) hash.update(`${name}\n`);
  return hash.digest('hex');
}

/** What a process has resident now, in MB (10⁶). */
function residentMemory(pid: number): number {
  return (Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024) / 1e6;
}
