import { type NamedLicence, readLicenceName, readLicenceWords } from './licence-words.ts';
import { readSpdxExpression } from './spdx-expression.ts';
import { join, type LicenceTree, leaves } from './tree.ts';

/**
 * Read a licence in people's words: lists with commas, `/`, `and`, `or`, R's `GPL-2 | GPL-3` and `+ file LICENSE`.
 *
 * Binding, from weak to strong: `|`; then `,` `;` `&` `+` and the word and; then `/` and the word or. A comma does not
 * say whether one may choose, so it is read as and. An or is believed only when every branch is understood: a word we
 * do not know must not open a door.
 */
export function readLooseExpression(text: string): LicenceTree {
  return readAny(tidy(text), [
    ['or', /\s*\|+\s*/],
    ['and', /\s*[,;&]\s*(?:and\s+)?|\s+(?:and|\+|plus)\s+/i],
    ['or', /\s+or\s+|\s*\/\s*/i],
  ]).tree;
}

type Operator = ['and' | 'or', RegExp];

function readAny(text: string, operators: readonly Operator[]): NamedLicence {
  // Before it is taken apart, since some single names hold separators: zlib/libpng.
  const whole = readSpdxExpression(text) ?? readLicenceName(text);
  if (whole !== undefined) return { tree: whole, known: true };
  const [operator, ...rest] = operators;
  if (operator === undefined || /^\w+:\/\//.test(text)) return readLicenceWords(text);

  const [kind, separator] = operator;
  const parts = splitOutsideParens(text, separator);
  if (parts.length < 2) return readAny(parts[0] ?? '', rest);
  const read = withoutTemplateFile(parts).map((part) => readAny(part, rest));
  const known = read.every((part) => part.known);
  const trees = read.map(({ tree }) => tree);
  return { tree: join(known ? kind : 'and', trees), known };
}

/** In R, `MIT + file LICENSE` only names the file with the year and the holder; elsewhere the file adds terms. */
function withoutTemplateFile(parts: string[]): string[] {
  const others = parts.filter((part) => !/^file\s+licen[sc]e$/i.test(part));
  const isTemplate =
    others.length === 1 &&
    leaves(readLicenceWords(others[0]!).tree).every(({ families }) => families.every(hasTemplate));
  return isTemplate ? others : parts;
}

function hasTemplate(family: string): boolean {
  return family === 'MIT' || family === 'BSD';
}

/** Spellings that would break a list apart in the wrong place. */
function tidy(text: string): string {
  return text
    .replace(/^License\s*::\s*(?:OSI Approved\s*::\s*)?/i, '')
    .replace(/\(\s*(?:>=|≥)\s*([\d.]+)\s*\)/g, ' $1+')
    .replace(
      /(?:,\s*|\s+|\s*\()(?:or|and)[\s-]+(?:\(?at your option\)?\s+)?(?:any[\s-]+)?(?:later|newer|greater|above|higher)(?:\s+versions?)?\)?/gi,
      '+',
    )
    .replace(/,?\s*\bver(?:sion|\.)?\s*(?=\d)/gi, ' ')
    .replace(/,?\s+v\.?\s*(?=\d)/gi, ' ')
    .replace(/\band\s*\/\s*or\b/gi, 'and')
    .trim();
}

function splitOutsideParens(text: string, separator: RegExp): string[] {
  const parts: string[] = [];
  const finder = new RegExp(separator.source, `${separator.flags}y`);
  let depth = 0;
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') depth++;
    else if (text[i] === ')') depth--;
    if (depth !== 0) continue;
    finder.lastIndex = i;
    const length = finder.exec(text)?.[0].length ?? 0;
    if (length === 0) continue;
    parts.push(text.slice(from, i));
    from = i + length;
    i = from - 1;
  }
  return [...parts, text.slice(from)].map(unwrap).filter((part) => part !== '');
}

function unwrap(text: string): string {
  const part = text.trim();
  return /^\([^()]*\)$/.test(part) ? part.slice(1, -1).trim() : part;
}
