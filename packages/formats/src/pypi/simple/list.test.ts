import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SimpleForm } from './negotiate.ts';
import { createProjectListScanner } from './read-list.ts';

const encoder = new TextEncoder();

function scan(form: SimpleForm, text: string | Uint8Array, size = 7): string[] {
  const names: string[] = [];
  const scanner = createProjectListScanner(form, (name) => names.push(name));
  const bytes = typeof text === 'string' ? encoder.encode(text) : text;
  for (let at = 0; at < bytes.length; at += size) scanner.push(bytes.subarray(at, at + size));
  scanner.end();
  return names;
}

const name = fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,20}[A-Za-z0-9])?$/);

const asJson = (names: readonly string[]) =>
  JSON.stringify({ meta: { 'api-version': '1.4' }, projects: names.map((name) => ({ name })) });
const asHtml = (names: readonly string[]) =>
  `<!DOCTYPE html>\n<html><body>${names.map((name) => `<a href="${name}/">${name}</a><br>\n`).join('')}</body></html>`;

test('what was written is read, whatever the pieces', () => {
  fc.assert(
    fc.property(fc.array(name), fc.integer({ min: 1, max: 100 }), (names, size) => {
      expect(scan('json', asJson(names), size)).toEqual(names);
      expect(scan('html', asHtml(names), size)).toEqual(names);
    }),
    { numRuns: 50 },
  );
});

describe('createProjectListScanner', () => {
  test('reads lists of others', () => {
    const json =
      '\ufeff{ "extra" : [1, "]}\\"", {"a": "ü€😀"}] , "x":12, "projects": [ {"_last-serial": 3, "name": "Foo"} ,\n{"name":"ü"}, {"name":"bar", "more":{"a":[]}} ], "meta": {"_last-serial": 5, "api-version": "1.3"} }\n';
    for (const size of [1, 2, 3, 10, 1000]) expect(scan('json', json, size)).toEqual(['Foo', 'bar']);
    const html =
      '<html><head><title>Simple <a href="x">no</a></title></head><body><A HREF="/simple/foo/">Foo</A> <a>no link</a><a href="ü/">ü</a><a href="bar/"> bar\n</a></body>';
    for (const size of [1, 2, 3, 10, 1000]) expect(scan('html', html, size)).toEqual(['Foo', 'bar']);
  });

  test.each([
    ['json', '', 'simple_malformed'],
    ['json', '<html></html>', 'simple_malformed'],
    ['json', '[]', 'simple_malformed'],
    ['json', '{}', 'simple_malformed'],
    ['json', '{"projects":{}}', 'simple_malformed'],
    ['json', '{"projects":["foo"]}', 'simple_malformed'],
    ['json', '{"projects":[{"name":"foo"}', 'simple_malformed'],
    ['json', '{"projects":[{"name":"foo"}]', 'simple_malformed'],
    ['json', '{"projects":[{"name":}]}', 'simple_malformed'],
    ['json', '{"projects":[]}}', 'simple_malformed'],
    ['json', '{"projects":[]} more', 'simple_malformed'],
    ['json', '{"projects" []}', 'simple_malformed'],
    ['json', '{"meta":{"api-version":"2.0"},"projects":[]}', 'simple_version'],
    ['json', `{"projects":[{"name":"${'x'.repeat(1_100_000)}`, 'simple_limit'],
    ['html', 'not found', 'simple_malformed'],
    ['html', '<html><a href="foo/">foo', 'simple_malformed'],
  ] as const)('refuses %s %#', (form, text, code) => {
    expect(() => scan(form, text, 60_000)).toThrow(expect.objectContaining({ code }));
  });

  test('refuses what is no UTF-8', () => {
    expect(() => scan('json', Uint8Array.of(0x7b, 0xff, 0xff))).toThrow(
      expect.objectContaining({ code: 'simple_malformed' }),
    );
    expect(() => scan('json', Uint8Array.of(0x7b, 0xe2, 0x82))).toThrow(
      expect.objectContaining({ code: 'simple_malformed' }),
    );
  });

  test('holds little of a long list', () => {
    const scanner = createProjectListScanner('json', () => {});
    scanner.push(encoder.encode('{"projects":['));
    const many = encoder.encode('{"name":"some-project"},'.repeat(40_000));
    const begun = performance.now();
    for (let i = 0; i < 10; i++) scanner.push(many);
    scanner.push(encoder.encode('{"name":"last"}]}'));
    scanner.end();
    // 400,000 projects; far above what it takes, far below what a scan that goes back would.
    expect(performance.now() - begun).toBeLessThan(20_000);
  });
});
