/**
 * Whether a client takes a body in the content coding `zstd` (RFC 9110 §12.5.3): named, or covered by `*`, and not with the
 * weight 0. Without the header nothing but the plain body is safe, though the RFC would allow any.
 */
export function acceptsZstd(header: string | undefined): boolean {
  if (header === undefined || !/zstd|\*/i.test(header)) return false;
  let others = false;
  for (const part of header.split(',')) {
    const [coding = '', ...parameters] = part.split(';').map((word) => word.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith('q='));
    const accepted = weight === undefined || Number(weight.slice(2)) > 0;
    if (coding === 'zstd') return accepted;
    if (coding === '*') others = accepted;
  }
  return others;
}
