/**
 * Compile a glob in which `*` stands for any text, also none. Nothing else is special.
 *
 * The pieces between the stars are looked for from left to right, each once and never again, so the cost is bounded by
 * pattern length × text length. The leftmost place of each piece is always good enough: it leaves the most text behind.
 *
 * @see CEP 29, "String matching"
 */
export function compileGlob(glob: string): (text: string) => boolean {
  const pieces = glob.split('*');
  if (pieces.length === 1) return (text) => text === glob;
  const first = pieces[0]!;
  const last = pieces.at(-1)!;
  const middle = pieces.slice(1, -1).filter((piece) => piece !== '');
  return (text) => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    const end = text.length - last.length;
    let at = first.length;
    for (const piece of middle) {
      const found = text.indexOf(piece, at);
      if (found < 0 || found + piece.length > end) return false;
      at = found + piece.length;
    }
    return true;
  };
}
