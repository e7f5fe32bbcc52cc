import { describe, expect, test } from 'vitest';
import { redact } from './redact.ts';

describe('redact', () => {
  test.each([
    ['https://host/channel/noarch/repodata.json', 'https://host/channel/noarch/repodata.json'],
    ['https://me:secret@host/channel', 'https://***@host/channel'],
    ['https://me@host/channel', 'https://***@host/channel'],
    ['https://host/t/ab-12/channel', 'https://host/t/***/channel'],
    ['https://host/a/t/ab-12', 'https://host/a/t/***'],
    ['GET https://host/f?X-Amz-Signature=abc&a=1 failed', 'GET https://host/f?X-Amz-Signature=***&a=1 failed'],
    ['http://u:p@proxy:3128 then http://v:q@other/', 'http://***@proxy:3128 then http://***@other/'],
    ['mail me@host and https://host/a@b', 'mail me@host and https://host/a@b'],
  ])('%s', (text, redacted) => {
    expect(redact(text)).toBe(redacted);
  });
});
