import type { Random } from './random.ts';

/** What a package is, which decides how its builds look. */
export type SyntheticKind = 'python' | 'native' | 'r';

/** A package name and what it stands for. */
export interface SyntheticName {
  readonly name: string;
  readonly kind: SyntheticKind;
}

const onsets = [
  'b',
  'br',
  'c',
  'ch',
  'd',
  'f',
  'g',
  'gr',
  'h',
  'k',
  'l',
  'm',
  'n',
  'p',
  'pl',
  'qu',
  'r',
  's',
  'st',
  't',
  'v',
  'z',
];
const vowels = ['a', 'e', 'i', 'o', 'u', 'y'];
const endings = ['', '', 'l', 'n', 'r', 's', 'x', 'nd', 'th'];

/** So many different names, sorted by bytes as an index sorts them. */
export function makeNames(random: Random, count: number): SyntheticName[] {
  const names = new Map<string, SyntheticKind>();
  while (names.size < count) {
    const dice = random.below(100);
    if (dice < 22) names.set(`r-${word(random)}`, 'r');
    else if (dice < 40) names.set(`lib${word(random)}`, 'native');
    else if (dice < 55) names.set(word(random), 'native');
    else if (dice < 75) names.set(`${word(random)}-${word(random)}`, 'python');
    else if (dice < 85) names.set(`py${word(random)}`, 'python');
    else names.set(`${word(random)}_${word(random)}`, 'python');
  }
  const inOrder = [...names].sort(([a], [b]) => (a < b ? -1 : 1));
  return inOrder.map(([name, kind]) => ({ name, kind }));
}

function word(random: Random): string {
  let text = '';
  const syllables = 2 + random.below(2);
  for (let i = 0; i < syllables; i++)
    text += onsets[random.below(onsets.length)]! + vowels[random.below(vowels.length)]!;
  return text + endings[random.below(endings.length)]!;
}
