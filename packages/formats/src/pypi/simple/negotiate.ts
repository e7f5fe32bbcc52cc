/** The two forms of a simple page. */
export type SimpleForm = 'json' | 'html';

const names: Record<SimpleForm, readonly string[]> = {
  json: ['application/vnd.pypi.simple.v1+json', 'application/vnd.pypi.simple.latest+json'],
  html: ['text/html', 'application/vnd.pypi.simple.v1+html', 'application/vnd.pypi.simple.latest+html'],
};

/** The wildcards that cover a form, the narrowest first. */
const wildcards: Record<SimpleForm, readonly string[]> = {
  json: ['application/*', '*/*'],
  html: ['text/*', 'application/*', '*/*'],
};

/** No client wishes for more. */
const mostWishes = 64;

/**
 * The form to answer with, or undefined where the client takes neither (406). What is asked for by name goes before what a
 * wildcard covers; of two equal wishes by name JSON wins, of two by wildcard, and without any wish, HTML. `application/json` is neither.
 *
 * @param accept the header.
 * @param format `?format=` of the URL, a content type; it goes before the header.
 * @see PEP 691, "Version + Format Selection"; RFC 9110, section 12.5.1
 */
export function negotiateSimple(accept: string | undefined, format?: string): SimpleForm | undefined {
  // In a URL a "+" that nobody escaped is a blank.
  const wishes = readAccept(format === undefined || format === '' ? accept : format.replaceAll(' ', '+'));
  if (wishes.size === 0) return 'html';
  const [json, html] = [wishFor('json', wishes), wishFor('html', wishes)];
  if (json.quality === 0 && html.quality === 0) return undefined;
  if (json.quality !== html.quality) return json.quality > html.quality ? 'json' : 'html';
  return json.named ? 'json' : 'html';
}

/** The `Content-Type` of an answer. HTML is called as it was asked for, since browsers know `text/html` only. */
export function simpleContentType(form: SimpleForm, accept: string | undefined): string {
  if (form === 'json') return names.json[0]!;
  const wishes = readAccept(accept);
  const [plain, versioned] = [wishes.get('text/html') ?? 0, wishes.get(names.html[1]!) ?? 0];
  return versioned > plain ? names.html[1]! : 'text/html; charset=utf-8';
}

function wishFor(form: SimpleForm, wishes: ReadonlyMap<string, number>): { quality: number; named: boolean } {
  const named = names[form].flatMap((name) => wishes.get(name) ?? []);
  if (named.length > 0) return { quality: Math.max(...named), named: true };
  const wildcard = wildcards[form].find((range) => wishes.has(range));
  return { quality: wildcard === undefined ? 0 : wishes.get(wildcard)!, named: false };
}

/** How much each content type is wished for, 0 to 1. */
function readAccept(header: string | undefined): Map<string, number> {
  const wishes = new Map<string, number>();
  for (const wish of (header ?? '').split(',', mostWishes)) {
    const [type, ...parameters] = wish.split(';').map((part) => part.trim().toLowerCase());
    if (type === undefined || type === '') continue;
    const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
    wishes.set(type, /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(quality) ? Number(quality) : 0);
  }
  return wishes;
}
