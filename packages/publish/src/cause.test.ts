import { expect, it } from 'vitest';
import { joinCauses } from './cause.ts';

const by = (text: string, actor: string | null = null) => ({ text, actor });

it.each([
  [[], 'change', null],
  [[by('mirror forge')], 'mirror forge', null],
  [[by('upload', 'ada'), by('deletion', 'ada'), by('upload', 'bob')], 'upload, deletion', 'ada, bob'],
  [[by('upload', 'ada'), by('mirror forge')], 'upload, mirror forge', 'ada'],
  [['a', 'b', 'c', 'd', 'e'].map((text) => by(text, text)), 'a, b, c and 2 more', 'a, b, c and 2 more'],
])('%j', (causes, cause, actor) => {
  expect(joinCauses(causes)).toEqual({ cause, actor });
});
