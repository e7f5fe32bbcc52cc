import type { Figures } from '../bench.ts';
import { median, quantile, timed } from '../measure.ts';
import type { Management } from '../sluice/management.ts';
import type { SluiceProcess } from '../sluice/sluice-process.ts';
import { randomOf } from '../synthetic/random.ts';

/** Ask again for what one has, of every kind of index, the first time apart. @throws when the answer is not 304. */
export async function timeNotModified(sluice: SluiceProcess, asks: number): Promise<Figures> {
  const paths = ['linux-64/repodata_shards.msgpack.zst', 'linux-64/repodata.json.zst', 'noarch/repodata.json.zst'];
  const first: number[] = [];
  const warm: number[] = [];
  for (const path of paths) {
    const url = `${sluice.url}/api/repo/bench/${path}`;
    const head = await timed(() => fetch(url, { method: 'HEAD' }));
    first.push(head.seconds * 1000);
    const etag = head.value.headers.get('etag');
    if (head.value.status !== 200 || etag === null) throw new Error(`HEAD ${url} answered ${head.value.status}.`);
    for (let ask = 0; ask < asks; ask++) {
      const { seconds, value } = await timed(() => fetch(url, { headers: { 'if-none-match': etag } }));
      await value.arrayBuffer();
      if (value.status !== 304) throw new Error(`GET ${url} answered ${value.status}.`);
      warm.push(seconds * 1000);
    }
  }
  return { first_answer_ms: Math.max(...first), warm_304_ms: median(warm), warm_304_p95_ms: quantile(warm, 0.95) };
}

interface Page {
  readonly items: readonly unknown[];
  readonly total_count: number;
}

/** Ask for pages of the list, for searches, for packages and their files, at random. @throws when one is empty. */
export async function timePages(api: Management, names: readonly string[], asks: number): Promise<Figures> {
  const random = randomOf(21);
  const base = '/api/channels/bench/artifacts';
  const name = () => names[random.below(names.length)]!;
  const kinds: Record<string, () => string> = {
    package_list: () => `${base}?limit=50&offset=${random.below(Math.max(1, names.length - 50))}`,
    package_search: () => `${base}?limit=50&q=${encodeURIComponent(name().slice(0, 5))}`,
    package_page: () => `${base}/conda/${encodeURIComponent(name())}`,
    package_files: () => `${base}/conda/${encodeURIComponent(name())}/files?limit=100`,
  };
  const figures: Record<string, number> = {};
  for (const [kind, path] of Object.entries(kinds)) {
    const times: number[] = [];
    for (let ask = 0; ask < asks; ask++) {
      const asked = path();
      const { seconds, value } = await timed(() => api.get(asked));
      if ((value as Page).items?.length === 0) throw new Error(`${asked} answered nothing.`);
      times.push(seconds * 1000);
    }
    figures[`${kind}_p95_ms`] = quantile(times, 0.95);
  }
  return figures;
}
