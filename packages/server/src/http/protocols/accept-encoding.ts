/**
 * Whether a client takes a body in a content coding (RFC 9110 §12.5.3): named, or covered by `*`, and not with the weight 0.
 * Without the header nothing but the plain body is safe, though the RFC would allow any.
 */
function accepts(header: string | undefined, wanted: 'zstd' | 'gzip'): boolean {
  if (header === undefined || !(header.includes('*') || header.toLowerCase().includes(wanted))) return false;
  let others = false;
  for (const part of header.split(',')) {
    const [coding = '', ...parameters] = part.split(';').map((word) => word.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith('q='));
    const accepted = weight === undefined || Number(weight.slice(2)) > 0;
    if (coding === wanted) return accepted;
    if (coding === '*') others = accepted;
  }
  return others;
}

/** Whether a client takes a body packed by zstd. */
export function acceptsZstd(header: string | undefined): boolean {
  return accepts(header, 'zstd');
}

/** The coding to pack a body in that is made for this client: zstd, else gzip, else none. */
export function bestCoding(header: string | undefined): 'zstd' | 'gzip' | undefined {
  if (accepts(header, 'zstd')) return 'zstd';
  return accepts(header, 'gzip') ? 'gzip' : undefined;
}
