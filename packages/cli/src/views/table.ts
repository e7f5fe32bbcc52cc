import { plain, type View } from './view.ts';
import { lengthOf, wrap } from './wrap.ts';

/** A cell; nothing is shown as a dash. */
export type Cell = string | number | null | undefined;

const gap = '  ';
const narrowestColumn = 8;
const narrowestProse = 24;

/**
 * Rows under their heads, in at most `view.width` columns: prose gives way first, names only after it, and what does not fit
 * goes on in the next line, so that nothing is lost. Numbers stand at the right.
 */
export function table(heads: readonly string[], rows: readonly (readonly Cell[])[], view: View): string {
  const texts = rows.map((row) => heads.map((_, i) => shown(row[i])));
  const numeric = heads.map((_, i) => rows.some((row) => typeof row[i] === 'number'));
  const wanted = heads.map((head, i) => Math.max(lengthOf(head), ...texts.map((row) => lengthOf(row[i]!))));
  const prose = heads.map((_, i) => texts.some((row) => row[i]!.includes(' ')));
  const room = view.width - gap.length * (heads.length - 1);
  const widths = shrink(
    shrink(wanted, room, (i) => (prose[i] ? narrowestProse : undefined)),
    room,
    () => narrowestColumn,
  );
  const lines = texts.flatMap((row) => cellLines(row, widths, numeric));
  const head = cellLines(heads, widths, numeric).map((line) => view.paint('bold', line));
  return [...head, ...lines].join('\n');
}

/** Names and what they are, one a line, the names beneath each other. */
export function fields(pairs: readonly (readonly [name: string, value: Cell])[], view: View): string {
  const names = Math.max(...pairs.map(([name]) => lengthOf(name)));
  return pairs
    .flatMap(([name, value]) =>
      wrap(shown(value), Math.max(narrowestColumn, view.width - names - gap.length)).map((line, i) =>
        `${view.paint('dim', (i === 0 ? name : '').padEnd(names))}${gap}${line}`.trimEnd(),
      ),
    )
    .join('\n');
}

function shown(cell: Cell): string {
  return cell === null || cell === undefined || cell === '' ? '-' : plain(String(cell));
}

/** Take from the widest column that may give way until all fit; `least` says how narrow one may become. */
function shrink(wanted: readonly number[], room: number, least: (column: number) => number | undefined): number[] {
  const widths = [...wanted];
  for (let excess = widths.reduce((sum, one) => sum + one, 0) - room; excess > 0; excess -= 1) {
    const widest = widths.reduce<number | undefined>((best, width, i) => {
      const gives = width > (least(i) ?? Number.POSITIVE_INFINITY);
      return gives && (best === undefined || width > widths[best]!) ? i : best;
    }, undefined);
    if (widest === undefined) break;
    widths[widest]! -= 1;
  }
  return widths;
}

function cellLines(row: readonly string[], widths: readonly number[], numeric: readonly boolean[]): string[] {
  const wrapped = row.map((text, i) => wrap(text, widths[i]!));
  const height = Math.max(...wrapped.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    widths
      .map((width, i) => {
        const text = wrapped[i]![line] ?? '';
        const pad = ' '.repeat(Math.max(0, width - lengthOf(text)));
        return numeric[i] ? pad + text : text + pad;
      })
      .join(gap)
      .trimEnd(),
  );
}
