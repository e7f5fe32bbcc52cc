import { describe, expect, test } from 'vitest';
import { proxyFor, proxyRulesOf } from './proxy-rules.ts';

const env = {
  HTTP_PROXY: 'proxy:3128',
  HTTPS_PROXY: 'http://unused:1',
  https_proxy: 'http://me:pw@secure:3129',
  NO_PROXY: 'localhost, .corp.example,inside.example:8443, [::1]',
};

describe('proxyFor', () => {
  test.each([
    ['http://conda.example/x', 'http://proxy:3128'],
    ['https://conda.example/x', 'http://me:pw@secure:3129'],
    ['http://localhost:8080/', undefined],
    ['http://a.corp.example/', undefined],
    ['http://corp.example/', undefined],
    ['http://notcorp.example/', 'http://proxy:3128'],
    ['https://inside.example:8443/', undefined],
    ['https://inside.example/', 'http://me:pw@secure:3129'],
    ['http://[::1]/', undefined],
  ])('%s goes through %s', (url, proxy) => {
    expect(proxyFor(new URL(url), proxyRulesOf(env))).toBe(proxy);
  });

  test('an empty environment and a star mean direct', () => {
    expect(proxyFor(new URL('http://a/'), proxyRulesOf({}))).toBeUndefined();
    expect(proxyFor(new URL('http://a/'), proxyRulesOf({ HTTP_PROXY: 'http://p', NO_PROXY: '*' }))).toBeUndefined();
  });
});
