import { expect, test } from 'vitest';
import { negotiateSimple, simpleContentType } from './negotiate.ts';

const v1 = 'application/vnd.pypi.simple.v1';

test.each([
  [undefined, 'html'],
  ['', 'html'],
  ['*/*', 'html'],
  [`${v1}+json, ${v1}+html; q=0.1, text/html; q=0.01`, 'json'],
  [`${v1}+json, ${v1}+html;q=0.2, text/html;q=0.01`, 'json'],
  ['text/html', 'html'],
  ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'html'],
  [`${v1}+html`, 'html'],
  ['application/vnd.pypi.simple.latest+json', 'json'],
  ['application/vnd.pypi.simple.latest+html', 'html'],
  ['application/vnd.pypi.simple.v2+json', undefined],
  ['application/vnd.pypi.simple.v2+json, text/html;q=0.5', 'html'],
  ['application/json', undefined],
  ['application/json, */*;q=0.1', 'html'],
  [`${v1}+json;q=0, text/html`, 'html'],
  [`${v1}+json;q=0, */*`, 'html'],
  [`text/html;q=0, ${v1}+json`, 'json'],
  ['text/html;q=0, */*', 'json'],
  [`text/html, ${v1}+json`, 'json'],
  [`*/*, ${v1}+json`, 'json'],
  [`text/html;q=0.9, ${v1}+json;q=0.8`, 'html'],
  [`${v1.toUpperCase()}+JSON; charset=utf-8; q=1.000`, 'json'],
  [`${v1}+json;q=2`, undefined],
  [','.repeat(100_000), 'html'],
])('%s: %s', (accept, form) => {
  expect(negotiateSimple(accept)).toBe(form);
});

test.each([
  [`${v1}+json`, 'json'],
  ['application/vnd.pypi.simple.v1 json', 'json'],
  ['text/html', 'html'],
  ['application/json', undefined],
  ['', 'html'],
])('?format=%s goes before the header: %s', (format, form) => {
  expect(negotiateSimple('text/html', format)).toBe(form);
});

test('an answer is called by a name that the client knows', () => {
  expect(simpleContentType('json', 'application/vnd.pypi.simple.latest+json')).toBe(`${v1}+json`);
  expect(simpleContentType('html', undefined)).toBe('text/html; charset=utf-8');
  expect(simpleContentType('html', `${v1}+html`)).toBe(`${v1}+html`);
  expect(simpleContentType('html', `${v1}+html;q=0.1, text/html;q=0.5`)).toBe('text/html; charset=utf-8');
});
