import type { Schemas } from '@sluice/api-client';
import { bytes, count } from './amounts.ts';
import { fields } from './table.ts';
import { plain, type View } from './view.ts';

/** A bundle with what it holds and where its parts are. */
export type BundleData = Schemas['BundleWithParts'] & { files?: string[] };

/** A bundle for people. */
export function bundleView(data: BundleData, view: View): string {
  const { changed = 0, removed = 0, blobs = 0, blob_bytes = 0, missing = 0 } = data.report as Record<string, number>;
  const isEmpty = data.state === 'completed' && data.base !== null && changed + removed === 0;
  const places = data.files ?? data.parts.flatMap(({ place }) => place ?? []);
  return [
    fields(
      [
        ['bundle', `${data.series} ${data.serial}`],
        ['id', data.id],
        ['builds on', data.base === null ? 'nothing: it is full' : String(data.base)],
        ['state', data.state],
        ['channels', data.channels.map(({ channel }) => channel).join(', ')],
        ['says', isEmpty ? 'that nothing has changed' : `${count(changed, 'line')}, ${count(removed, 'removal')}`],
        ['carries', `${count(blobs, 'file')}, ${bytes(blob_bytes)}`],
        ['parts', data.parts.length],
        ...(missing > 0 ? [['left out', `${count(missing, 'file')} that upstreams do not have`] as const] : []),
      ],
      view,
    ),
    ...(places.length > 0 ? ['', ...places.map(plain)] : []),
    ...data.missing_files.map(({ file, message }) => plain(`left out: ${file}: ${message}`)),
  ].join('\n');
}
