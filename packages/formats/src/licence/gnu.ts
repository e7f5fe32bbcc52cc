import { canonicalId } from './spdx-id.ts';
import { idLeaf, type LicenceLeaf, refLeaf } from './tree.ts';

/**
 * The GNU licence a text speaks of in any of the hundred ways people write them: `GPLv3+`, `GPL (>= 2)`,
 * `GNU Lesser General Public License v2.1 only`. Without a version it is a `LicenseRef-GPL`, and a bare GPL counts as
 * both GPL2 and GPL3.
 *
 * @returns undefined when the text speaks of none.
 */
export function guessGnu(text: string): LicenceLeaf | undefined {
  const kind = gnuKind(text);
  if (kind === undefined) return undefined;
  const version = /\d+(?:\.\d+)?/.exec(text)?.[0];
  const later = /\d\s*\+|>=|≥|or[\s_-](?:any[\s_-])?(?:later|newer|greater|above|higher)/i.test(text);
  const id = version && canonicalId(`${kind}-${version.includes('.') ? version : `${version}.0`}${later ? '+' : ''}`);
  if (id) return idLeaf(id);
  if (kind !== 'GPL') return refLeaf(kind, [kind]);
  if (version?.startsWith('2')) return refLeaf(`GPL-${version}`, ['GPL2']);
  return version?.startsWith('3') ? refLeaf(`GPL-${version}`, ['GPL3']) : refLeaf('GPL', ['GPL2', 'GPL3']);
}

function gnuKind(text: string): 'AGPL' | 'LGPL' | 'GPL' | undefined {
  if (/affero|(?<![a-z])agpl/i.test(text)) return 'AGPL';
  if (/(?:lesser|library)[\s_-](?:gnu[\s_-])?(?:general[\s_-])?public|(?<![a-z])(?:gnu[\s_-]?)?lgpl/i.test(text))
    return 'LGPL';
  if (/gnu[\s_-](?:general[\s_-])?public|general[\s_-]public[\s_-]licen|(?<![a-z])(?:gnu[\s_-]?)?gpl/i.test(text))
    return 'GPL';
  return undefined;
}
