import type { MirrorType } from '../definition/mirror-types.ts';
import type { RunContext, StageEnd } from '../run/run-context.ts';
import { bundleFormat } from './bundle/bundle-format.ts';
import { condaFormat } from './conda/conda-format.ts';
import { cranFormat } from './cran/cran-format.ts';
import type { ListedFile, LocateDeps } from './listed-file.ts';
import type { Location } from './location.ts';
import { pypiFormat } from './pypi/pypi-format.ts';
import type { UpstreamDeps } from './upstream-deps.ts';

/** What mirrors must know of a kind of upstream. Everything else of a run is the same for all. */
export interface UpstreamFormat {
  /** First stage of a run: bring the source up to what the upstream has, and note the revision it is at then. */
  refresh(context: RunContext): Promise<StageEnd>;
  /** Where the bytes of files are that the upstream lists. Good for one run or one fetch: it may remember what it looked up. */
  locator(deps: LocateDeps, upstream: UpstreamDeps): (file: ListedFile) => Promise<Location>;
}

const formats = {
  conda: condaFormat,
  python_simple: pypiFormat,
  CRAN: cranFormat,
  bundle: bundleFormat,
} satisfies Record<MirrorType | 'bundle', UpstreamFormat>;

/** How upstreams of this type are read, by the type of their source. */
export function upstreamFormat(type: string): UpstreamFormat {
  const format: UpstreamFormat | undefined = Object.hasOwn(formats, type)
    ? formats[type as keyof typeof formats]
    : undefined;
  if (!format) throw new TypeError(`there is no upstream of type ${type}`);
  return format;
}
