import type { Reason } from '@sluice/policy';
import type { FileAnswer } from '@sluice/publish';
import { expect, it } from 'vitest';
import { fileRefusal } from './file-refusal.ts';

const mirror = { id: 'm', name: 'forge' };

it.each<[string, Reason['scope'], object | undefined, string, boolean?]>([
  ['a mirror', 'mirror', mirror, 'the mirror forge of channel main'],
  ['the channel, of a mirrored file', 'channel', mirror, 'channel main'],
  ['the channel, of an upload', 'channel', undefined, 'channel main'],
  ['a mirror of a channel below, which is not named', 'mirror', mirror, 'a channel below main', true],
  ['a channel below', 'channel', undefined, 'a channel below main', true],
  ['the installation', 'installation', mirror, 'channel main'],
])('names whose rule it was: %s', (_whose, scope, layerMirror, by, isBelow = false) => {
  const reason: Reason = {
    code: 'exclude_specs',
    scope,
    rule: 'exclude_specs: zlib',
    evidence: 'it matches zlib',
    remedy: 'Ask.',
  };
  const answer = {
    status: 'refused',
    decision: { verdict: 'deny', reasons: [reason] },
    layer: { mirror: layerMirror },
    isBelow,
  } as unknown as Extract<FileAnswer, { status: 'refused' }>;
  expect(fileRefusal('main', 'noarch/zlib-1-0.conda', answer)).toMatchObject({
    code: 'policy_denied',
    message: `noarch/zlib-1-0.conda is blocked by ${by}: rule "exclude_specs: zlib", because it matches zlib. Ask.`,
  });
});

const by = { actor: 'ada', at: new Date('2026-11-01T10:00:00Z') };
it.each<[Parameters<typeof fileRefusal>[2], string, string]>([
  [{ status: 'deleted', by }, 'file_deleted', 'by ada on 2026-11-01T10:00:00.000Z'],
  [{ status: 'deleted', by: undefined }, 'file_deleted', 'was deleted from channel main. Choose'],
  [{ status: 'hidden' }, 'file_hidden', 'names take priority'],
  [{ status: 'unlisted' }, 'file_missing', 'not in this publication'],
  [{ status: 'gone' }, 'file_missing', 'the mirror it came from was removed'],
])('says of the past what became of a file: %j', (answer, code, text) => {
  const error = fileRefusal('main', 'noarch/zlib-1-0.conda', answer);
  expect(error).toMatchObject({ code, message: expect.stringContaining(text) });
});
