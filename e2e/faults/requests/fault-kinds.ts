import type { Fault, UpstreamServer } from '@sluice/testkit';
import type { UpstreamState } from './mirrors.ts';

/** One way in which a request with an index fails. */
export interface FaultKind {
  readonly name: string;
  /** @param folderOf the folder of each state of the upstream. */
  strike(
    k: number,
    on: { upstream: UpstreamServer; twin: UpstreamServer; folderOf: (state: UpstreamState) => string },
  ): void;
  /** What the upstream is afterwards; its second state unless told otherwise. */
  readonly end?: UpstreamState;
}

const html = '<!DOCTYPE html><html><head><title>Sign in</title></head><body>Sign in first</body></html>';

const faults: Readonly<Record<string, Fault>> = {
  'status 500': { status: 500 },
  'status 403': { status: 403 },
  'status 401': { status: 401 },
  'no answer': { hangUp: true },
  'a cut body': { cutAfter_bytes: 20 },
  'wrong bytes': { wrongBytes: true },
  'a page of HTML': { status: 200, html },
  'a redirect that loops': { location: (path) => path },
};

/** Everything an upstream does to one request, to all for the same path, or to every one from then on. */
export const faultKinds: readonly FaultKind[] = [
  ...Object.entries(faults).flatMap(([name, fault]): FaultKind[] => [
    { name: `${name}, once`, strike: (k, { upstream }) => upstream.failAt(k, fault) },
    {
      name: `${name}, always`,
      strike: (k, { upstream }) => upstream.failAt(k, { ...fault, times: Number.POSITIVE_INFINITY }),
    },
  ]),
  { name: 'down from then on', strike: (k, { upstream }) => upstream.failFrom(k, { status: 503 }) },
  {
    name: 'a redirect to another host',
    strike: (k, { upstream, twin }) => upstream.failAt(k, { location: (path) => twin.url + path }),
  },
  { name: 'slow', strike: (k, { upstream }) => upstream.failAt(k, { delay_ms: 2000, bytesPerSecond: 20_000 }) },
  {
    name: 'changed from then on',
    strike: (k, { upstream, folderOf }) => upstream.failFrom(k, { folder: folderOf('third') }),
    end: 'third',
  },
];
