import deprecated from 'spdx-license-ids/deprecated.json' with { type: 'json' };
import current from 'spdx-license-ids/index.json' with { type: 'json' };

/** Deprecated identifiers that SPDX replaced by a name other than `<id>-only`. */
const replacements: Record<string, string> = {
  'BSD-2-Clause-FreeBSD': 'BSD-2-Clause-Views',
  'BSD-2-Clause-NetBSD': 'BSD-2-Clause',
  'GPL-2.0-with-GCC-exception': 'GPL-2.0-only WITH GCC-exception-2.0',
  'GPL-2.0-with-autoconf-exception': 'GPL-2.0-only WITH Autoconf-exception-2.0',
  'GPL-2.0-with-bison-exception': 'GPL-2.0-only WITH Bison-exception-2.2',
  'GPL-2.0-with-classpath-exception': 'GPL-2.0-only WITH Classpath-exception-2.0',
  'GPL-2.0-with-font-exception': 'GPL-2.0-only WITH Font-exception-2.0',
  'GPL-3.0-with-GCC-exception': 'GPL-3.0-only WITH GCC-exception-3.1',
  'GPL-3.0-with-autoconf-exception': 'GPL-3.0-only WITH Autoconf-exception-3.0',
  'StandardML-NJ': 'SMLNJ',
  'bzip2-1.0.5': 'bzip2-1.0.6',
  'eCos-2.0': 'GPL-2.0-or-later WITH eCos-exception-2.0',
  wxWindows: 'LGPL-2.0-or-later WITH WxWindows-exception-3.1',
};

const canonical = new Map([...deprecated, ...current].map((id) => [id.toLowerCase(), id]));

/**
 * The SPDX identifier a word stands for, in SPDX's own letter case and without deprecated forms: `gpl-2.0+` becomes
 * `GPL-2.0-or-later`. The answer may be an identifier with an exception, or with `+`.
 *
 * @see https://spdx.org/licenses/
 */
export function canonicalId(word: string): string | undefined {
  const plus = word.endsWith('+');
  const id = canonical.get((plus ? word.slice(0, -1) : word).toLowerCase());
  if (id === undefined) return undefined;
  if (/^(?:A|L)?GPL-[\d.]+$|^GFDL-[\d.]+$/.test(id)) return `${id}-${plus ? 'or-later' : 'only'}`;
  if (/-(?:only|or-later)$/.test(id)) return plus ? id.replace(/-only$/, '-or-later') : id;
  return (replacements[id] ?? id) + (plus ? '+' : '');
}
