import { excerpt, FormatError } from '../errors.ts';

/** A match spec cut into its two halves. Positions count from the beginning of the text as given. */
interface SpecHalves {
  /** Before the brackets: channel, name, version, build. */
  readonly head: string;
  /** As `head`, with everything that is one piece (regular expressions, parentheses) made of `\0`. */
  readonly mask: string;
  /** Between the brackets; absent when there are none. */
  readonly brackets?: string;
}

const hidden = '\0';

/**
 * Cut a match spec at its brackets, after dropping a comment (`#…`) and an ` if …` tail. Signs inside quotes, regular
 * expressions, parentheses and inner brackets cut nothing. `head` begins where the text begins.
 *
 * @throws {FormatError} `conda_match_spec` for what is opened and not closed, and for anything behind the brackets.
 */
export function scanSpec(text: string): SpecHalves {
  let mask = '';
  let brackets: string | undefined;
  let head = '';
  while (mask.length < text.length) {
    const at = mask.length;
    const sign = text[at]!;
    if (sign === '#' || text.startsWith(' if ', at)) break;
    if (brackets !== undefined && sign !== ' ')
      throw refuseSpec(text, at, 'nothing behind the one section in brackets');
    if (sign === '[') {
      const end = closing(text, at, '[', ']');
      head = text.slice(0, at);
      brackets = text.slice(at + 1, end);
      mask += hidden.repeat(end + 1 - at);
    } else if (sign === '(') {
      mask += hidden.repeat(closing(text, at, '(', ')') + 1 - at);
    } else if ('"\')]'.includes(sign)) {
      throw refuseSpec(text, at, 'brackets and parentheses opened before they are closed, and quotes only in brackets');
    } else {
      mask += sign === '^' && ' =:,|'.includes(text[at - 1] ?? ' ') ? hideRegex(text, at) : sign;
    }
  }
  if (brackets === undefined) head = text.slice(0, mask.length);
  return { head, mask: mask.slice(0, head.length), ...(brackets === undefined ? {} : { brackets }) };
}

/** The error for a match spec that cannot be read: where, what was wanted there, what was found. */
export function refuseSpec(
  text: string,
  at: number,
  wanted: string,
  found: string = text.slice(at) || 'the end',
): FormatError {
  const where = `at character ${at + 1} of the match spec ${excerpt(text)}`;
  return new FormatError('conda_match_spec', `Wanted ${wanted} ${where}, found ${excerpt(found)}.`, {
    wanted,
    found: excerpt(found),
  });
}

// As conda does, a regular expression ends at its first "$". Without one the "^" is left for the next parser to refuse.
function hideRegex(text: string, at: number): string {
  const end = text.indexOf('$', at);
  return end < 0 ? '^' : hidden.repeat(end + 1 - at);
}

function closing(text: string, at: number, open: '[' | '(', close: ']' | ')'): number {
  let depth = 0;
  for (let i = at; i < text.length; i++) {
    const sign = text[i]!;
    if (sign === open) depth++;
    else if (sign === close && --depth === 0) return i;
    else if (open === '[' && (sign === '"' || sign === "'")) {
      i = text.indexOf(sign, i + 1);
      if (i < 0) break;
    }
  }
  throw refuseSpec(text, at, `a closing ${close} for this ${open}, and every quote closed`);
}
