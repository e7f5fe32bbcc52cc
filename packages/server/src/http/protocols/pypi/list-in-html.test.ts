import { expect, test } from 'vitest';
import { listInHtml } from './list-in-html.ts';

const names = ['a', 'Foo.Bar__baz', '0-1', 'x'.repeat(200), 'zope.interface'];
const list = Buffer.from(JSON.stringify({ meta: { 'api-version': '1.4' }, projects: names.map((name) => ({ name })) }));

function rewritten(...pieces: Buffer[]): string {
  const way = listInHtml.begin();
  const said = pieces.map((piece) => Buffer.from(way.push(piece)).toString());
  return said.join('') + Buffer.from(way.end()).toString();
}

test('links every project by its normalised name', () => {
  const html = rewritten(list);
  expect(html).toMatch(/^<!DOCTYPE html>.*<\/html>\n$/s);
  const links = [...html.matchAll(/<a href="([^"]*)\/">([^<]*)<\/a><br>\n/g)].map(([, href, text]) => [href, text]);
  expect(links).toEqual(names.map((name) => [name.toLowerCase().replace(/[-_.]+/g, '-'), name]));
});

test('says the same wherever the list is cut', () => {
  const whole = rewritten(list);
  for (let at = 0; at <= list.length; at++) {
    expect(rewritten(list.subarray(0, at), list.subarray(at))).toBe(whole);
  }
  expect(rewritten(...Array.from(list, (byte) => Buffer.of(byte)))).toBe(whole);
});

test('leaves out what is no name', () => {
  const odd = Buffer.from('{"projects":[{"name":"<script>"},{"name":"fine"},{"name":""}]}');
  expect(rewritten(odd)).toContain('<a href="fine/">fine</a>');
  expect(rewritten(odd)).not.toContain('script');
});

test('is a page also without projects', () => {
  expect(rewritten()).toBe(rewritten(Buffer.from('{"projects":[]}')));
});
