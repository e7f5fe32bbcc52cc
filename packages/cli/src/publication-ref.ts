import { Argument } from 'commander';

/** The argument that names a publication. What it may be, the server says. */
export function refArgument(name = 'publication'): Argument {
  return new Argument(`<${name}>`, 'a number, a date (2026-11-01), a time, a pin, or head');
}
