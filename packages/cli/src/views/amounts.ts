const units = ['B', 'kB', 'MB', 'GB', 'TB'];

/** `1234567` → `1.2 MB` */
export function bytes(count: number | null | undefined): string {
  if (count === null || count === undefined) return '-';
  const power = Math.min(units.length - 1, count < 1000 ? 0 : Math.floor(Math.log10(count) / 3));
  const amount = count / 1000 ** power;
  return `${power === 0 ? amount : amount.toFixed(amount < 99.95 ? 1 : 0)} ${units[power]}`;
}

/** `1.2 MB of 4.5 MB` */
export function sentOf(sent: number, size: number): string {
  return `${bytes(sent)} of ${bytes(size)}`;
}

/** `2026-11-21T03:12:45.123Z` → `2026-11-21 03:12Z` */
export function instant(iso: string | null | undefined): string {
  return iso === null || iso === undefined ? '-' : `${iso.slice(0, 16).replace('T', ' ')}Z`;
}

/** `59` → `59 s`, `150` → `3 min`, `5400` → `2 h` */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  return seconds < 3600 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

/** `3, 'file'` → `3 files` */
export function count(n: number, noun: string): string {
  return `${n.toLocaleString('en-US')} ${noun}${n === 1 ? '' : 's'}`;
}
