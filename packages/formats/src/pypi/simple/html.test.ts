import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createHtmlScanner } from './html-scan.ts';
import { readSimpleFile } from './read-file.ts';
import { readSimpleHtml } from './read-html.ts';
import type { SimpleFile } from './simple-page.ts';
import { writeSimpleHtml } from './write-html.ts';

const sha256 = 'ab'.repeat(32);
const page = 'https://index.test/simple/demo/';

const read = (body: string) => readSimpleHtml(`<!DOCTYPE html><html><body>${body}</body></html>`, page);

describe('writeSimpleHtml', () => {
  const file: SimpleFile = {
    filename: 'demo-1-py3-none-any.whl',
    url: '../../pypi/demo/demo-1-py3-none-any.whl',
    hashes: { sha256, md5: 'cd'.repeat(16) },
    requiresPython: '>=3.9',
    size: 1,
    yanked: 'broken: "a" <b> & \'c\'',
    coreMetadata: { sha256 },
    provenance: 'https://index.test/p?a&b',
    gpgSig: false,
  };
  const parts = { name: 'demo', status: 'archived' as const, statusReason: 'no <time>' };

  test('writes what the standards name, escaped', () => {
    const html = writeSimpleHtml({ ...parts, files: [{ ...file, text: '' }] });
    expect(html.split('\n')).toEqual([
      '<!DOCTYPE html>',
      '<html>',
      '<head>',
      '<meta name="pypi:repository-version" content="1.4">',
      '<meta name="pypi:project-status" content="archived">',
      '<meta name="pypi:project-status-reason" content="no &lt;time&gt;">',
      '<title>Links for demo</title>',
      '</head>',
      '<body>',
      '<h1>Links for demo</h1>',
      `<a href="../../pypi/demo/demo-1-py3-none-any.whl#sha256=${sha256}" data-requires-python="&gt;=3.9" data-core-metadata="sha256=${sha256}" data-dist-info-metadata="sha256=${sha256}" data-yanked="broken: &quot;a&quot; &lt;b&gt; &amp; &#39;c&#39;" data-gpg-sig="false" data-provenance="https://index.test/p?a&amp;b">demo-1-py3-none-any.whl</a><br>`,
      '</body>',
      '</html>',
      '',
    ]);
  });

  test('is read back as it was', () => {
    const back = readSimpleHtml(writeSimpleHtml({ ...parts, files: [{ ...file, text: '' }] }), page);
    expect(back).toMatchObject({ status: 'archived', statusReason: 'no <time>', passedOver: 0 });
    const { size: _, ...kept } = file;
    const { text, ...found } = back.files[0]!;
    expect(found).toEqual({ ...kept, url: 'https://index.test/pypi/demo/demo-1-py3-none-any.whl', hashes: { sha256 } });
    expect(readSimpleFile(text)).toEqual(found);
  });

  test('offers nothing of a project in quarantine', () => {
    expect(writeSimpleHtml({ ...parts, status: 'quarantined', files: [{ ...file, text: '' }] })).not.toContain('<a ');
  });

  test('marks yanked files by the attribute alone when there is no reason', () => {
    const html = writeSimpleHtml({ ...parts, files: [{ ...file, yanked: true, text: '' }] });
    expect(html).toContain(' data-yanked="" ');
    expect(readSimpleHtml(html, page).files[0]!.yanked).toBe(true);
  });
});

describe('readSimpleHtml', () => {
  test.each<[string, Partial<SimpleFile>]>([
    ['<a href="a-1.tar.gz">a-1.tar.gz</a>', { filename: 'a-1.tar.gz', url: `${page}a-1.tar.gz`, hashes: {} }],
    [
      `<A\n HREF='../../f/a-1.zip#SHA256=${sha256.toUpperCase()}' >x</A>`,
      { filename: 'a-1.zip', url: 'https://index.test/f/a-1.zip', hashes: { sha256 } },
    ],
    [
      `<a href=https://files.test/a%2B1-1.tar.gz#md5=${'ab'.repeat(16)}&egg=a>x</a>`,
      { filename: 'a+1-1.tar.gz', hashes: { md5: 'ab'.repeat(16) } },
    ],
    ['<a href="a-1.whl" data-yanked>a</a>', { yanked: true }],
    ['<a href="a-1.whl" data-yanked="">a</a>', { yanked: true }],
    ['<a href="a-1.whl" data-yanked="bad &amp; worse">a</a>', { yanked: 'bad & worse' }],
    ['<a href="a-1.whl" data-dist-info-metadata="true">a</a>', { coreMetadata: true }],
    ['<a href="a-1.whl" data-core-metadata="false" data-dist-info-metadata="true">a</a>', { coreMetadata: false }],
    ['<a href="a-1.whl" data-requires-python="&gt;=2.7, !=3.0.*">a</a>', { requiresPython: '>=2.7, !=3.0.*' }],
    [
      '<a href="a-1.whl" data-upload-time="2010-06-29T19:56:36.719942Z">a</a>',
      { uploadTime: '2010-06-29T19:56:36.719942Z' },
    ],
    ['<a href="a-1.whl" title="a > b">a</a>', { filename: 'a-1.whl' }],
    [
      '<!-- <a href="b-1.whl">b</a> --><script>"<a href=c-1.whl>"</script><a href="a-1.whl">a<b>b</b></a>',
      { filename: 'a-1.whl' },
    ],
    ['<script></script><title></title><!----><a href="a-1.whl">a</a>', { filename: 'a-1.whl' }],
    ['<p>1 < 2 <a href="a-1.whl?x=1">a', { url: `${page}a-1.whl?x=1` }],
  ])('%s', (body, file) => {
    const found = read(body).files;
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject(file);
  });

  test('minds <base>', () => {
    const html = '<html><head><base href="/files/"><base href="/no/"></head><a href="a-1.whl">a</a></html>';
    expect(readSimpleHtml(html, page).files[0]!.url).toBe('https://index.test/files/a-1.whl');
  });

  test('passes over what is no file', () => {
    const found = read(
      '<a href="../">..</a><a href="?C=N;O=D">Name</a><a name="x">x</a><a href="docs/">docs</a><a href="http://[">bad</a><a href="a-1.whl">a</a>',
    );
    expect(found.files.map(({ filename }) => filename)).toEqual(['a-1.whl']);
    expect(found.passedOver).toBe(2);
  });

  test('an empty page is a project without files', () => {
    expect(read('<h1>Links for demo</h1>')).toMatchObject({ files: [], passedOver: 0, status: 'active' });
  });

  test.each([
    ['', 'simple_malformed'],
    ['{"files":[]}', 'simple_malformed'],
    ['\u0000\u0001<x><y', 'simple_malformed'],
    ['404 page not found', 'simple_malformed'],
    ['<html><body><a href="/login">Sign in</a> <a href="/help.html">Help</a></body></html>', 'simple_malformed'],
    ['<html><body><a href="a-1.whl">a</a><a href="b-1', 'simple_malformed'],
    ['<html><body><a href="a-1.whl">a', 'simple_malformed'],
    ['<html><body><!-- never closed', 'simple_malformed'],
    ['<html><meta name="pypi:repository-version" content="2.0"></html>', 'simple_version'],
    [`<html><a href="${'x'.repeat(200_000)}">`, 'simple_limit'],
    [`<html><a href="a-1.whl">${'x'.repeat(100_000)}</a>`, 'simple_limit'],
  ])('refuses %#', (html, code) => {
    expect(() => readSimpleHtml(html, page)).toThrow(expect.objectContaining({ code }));
  });
});

describe('createHtmlScanner', () => {
  const html =
    '<!DOCTYPE html><!-- a -- > b --><html><title>a<b></title><a href="x">one &lt; two</a><STYLE>a{}</STYLE><base href=y><a href=\'z\' b>3</a><?x?></html>';
  function scan(pieces: string[]): unknown[] {
    const seen: unknown[] = [];
    const scanner = createHtmlScanner({
      anchor: (attributes, text) => seen.push([...attributes, text]),
      head: (tag, attributes) => seen.push([tag, ...attributes]),
    });
    for (const piece of pieces) scanner.push(piece);
    scanner.end();
    return seen;
  }

  test('finds the same whatever the pieces', () => {
    const whole = scan([html]);
    expect(whole).toEqual([
      [['href', 'x'], 'one < two'],
      ['base', ['href', 'y']],
      [['href', 'z'], ['b', ''], '3'],
    ]);
    expect(scan([...html])).toEqual(whole);
    for (let cut = 1; cut < html.length; cut++) expect(scan([html.slice(0, cut), html.slice(cut)])).toEqual(whole);
  });

  test('ends, and throws nothing but FormatErrors, whatever it reads', () => {
    const piece = fc.constantFrom(
      '<',
      '>',
      '<a',
      ' href=',
      '"',
      "'",
      '</a>',
      '<!--',
      '-->',
      '<script>',
      '</script',
      '&lt;',
      '&#0;',
      'x',
      '/',
      '<!',
      '<?',
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        try {
          scan(pieces);
        } catch (error) {
          expect(error).toMatchObject({ name: 'FormatError' });
        }
      }),
    );
  });
});
