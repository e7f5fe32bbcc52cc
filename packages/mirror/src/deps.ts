import type { Facts } from '@sluice/policy';
import type { AdmitDeps, Inspectors } from '@sluice/registry';
import type { HttpClient } from './fetch/http-client.ts';
import type { SourceGuard } from './fetch/source-guard.ts';
import type { Sealer } from './seal.ts';
import type { InspectPackage } from './upstreams/conda/folder-packages.ts';

/** What mirroring works with: what admission needs, the ways out, and the eye for packages without an index. */
export interface MirrorDeps extends AdmitDeps {
  http: HttpClient;
  guard: SourceGuard;
  sealer: Sealer;
  inspect: InspectPackage;
  /** The same on threads of their own, for folders with many new packages; when left out, these too are opened here. */
  openInspectors?: (() => Inspectors) | undefined;
  /** Given the facts that the publication after a run judges first, or the run's next slice. */
  handOn?: (facts: Facts) => void;
  /** Told when a document with something new is in: where new columns were written, those it was compared with may go. */
  onRefreshed?: () => void;
}

/** One blob on its way in, as storage gives it. The type comes through admission: bytes enter only there. */
export type Receiving = Awaited<ReturnType<AdmitDeps['storage']['receive']>>;
