import { isJsonObject, parseJsonObject } from './json.ts';
import { oneOrMoreTexts, textOf, textsOf } from './json-fields.ts';

/**
 * What a package says about itself in `info/about.json`. Written by its author, so every text and URL is untrusted:
 * escape it and check the scheme before showing it.
 */
export interface AboutJson {
  summary: string | undefined;
  description: string | undefined;
  license: string | undefined;
  license_family: string | undefined;
  /** Names of licence files below `info/licenses/`. */
  license_file: string[];
  home: string[];
  dev_url: string[];
  doc_url: string[];
  doc_source_url: string[];
  source_url: string[];
  source_git_url: string[];
  icon_url: string | undefined;
  icon_hash: string | undefined;
  tags: string[];
  identifiers: string[];
  keywords: string[];
  recipe_origin: string | undefined;
  /** `extra.recipe-maintainers`. */
  maintainers: string[];
}

/**
 * Read `info/about.json`. A field of the wrong type counts as absent, since nothing but display rests on it.
 *
 * @throws {FormatError} `about_json` when it is not a JSON object.
 * @see CEP 34 https://conda.org/learn/ceps/cep-0034
 */
export function parseAboutJson(document: Uint8Array | string): AboutJson {
  const raw = parseJsonObject(document, 'info/about.json', 'about_json');
  const extra = isJsonObject(raw.extra) ? raw.extra : {};
  return {
    summary: oneLine(oneOrMoreTexts(raw.summary)),
    description: oneLine(oneOrMoreTexts(raw.description)),
    license: textOf(raw.license),
    license_family: textOf(raw.license_family),
    license_file: oneOrMoreTexts(raw.license_file),
    home: oneOrMoreTexts(raw.home),
    dev_url: oneOrMoreTexts(raw.dev_url),
    doc_url: oneOrMoreTexts(raw.doc_url),
    doc_source_url: oneOrMoreTexts(raw.doc_source_url),
    source_url: oneOrMoreTexts(raw.source_url),
    source_git_url: oneOrMoreTexts(raw.source_git_url),
    icon_url: textOf(raw.icon_url),
    icon_hash: textOf(raw.icon_hash),
    tags: textsOf(raw.tags),
    identifiers: textsOf(raw.identifiers),
    keywords: textsOf(raw.keywords),
    recipe_origin: textOf(raw.recipe_origin),
    maintainers: oneOrMoreTexts(extra['recipe-maintainers']),
  };
}

// conda-index joins list parts without a separator and turns line ends to blanks; channeldata depends on it.
function oneLine(parts: string[]): string | undefined {
  return textOf(parts.join('').trim().replaceAll('\n', ' '));
}
