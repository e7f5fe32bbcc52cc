const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** How many characters a person sees. Wide ones count once: names here are ASCII, only descriptions may be off a little. */
export function lengthOf(text: string): number {
  if (/^[\u0020-\u007e]*$/.test(text)) return text.length;
  return [...graphemes.segment(text)].length;
}

/** Break a text into lines of at most `width` characters, between words where it can, else inside of one. Never empty. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/ +/)) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (lengthOf(joined) <= width) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    const pieces = cut(word, width);
    line = pieces.pop() ?? '';
    lines.push(...pieces);
  }
  lines.push(line);
  return lines;
}

/** A text for reading, in lines. */
export function paragraph(text: string, { width }: { width: number }): string {
  return wrap(text, width).join('\n');
}

function cut(word: string, width: number): string[] {
  const letters = [...graphemes.segment(word)].map(({ segment }) => segment);
  const pieces: string[] = [];
  for (let at = 0; at < letters.length; at += width) pieces.push(letters.slice(at, at + width).join(''));
  return pieces;
}
