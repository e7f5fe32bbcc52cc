import { stripVTControlCharacters, styleText } from 'node:util';
import type { Io } from '../io.ts';

/** How wide the reader's screen is, and how to stress a text there. */
export interface View {
  width: number;
  paint(style: 'bold' | 'dim' | 'red' | 'green' | 'yellow', text: string): string;
}

const narrowest = 40;

/** The view for what is printed: as wide as the terminal, 80 columns elsewhere; plain where colour is not wanted (`NO_COLOR`). */
export function viewOf({ stdout, env }: Pick<Io, 'stdout' | 'env'>): View {
  const width = Math.max(narrowest, stdout.isTTY ? (stdout.columns ?? 80) : 80);
  const wantsColour = stdout.isTTY && !env.NO_COLOR && env.TERM !== 'dumb';
  return { width, paint: (style, text) => (wantsColour ? styleText(style, text, { validateStream: false }) : text) };
}

/** A text from elsewhere without what could steer a terminal. Line breaks become blanks. */
export function plain(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/[\t\n\r]+/g, ' ')
    .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '');
}
