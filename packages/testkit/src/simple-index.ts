import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { BuiltPythonPackage } from './python-package.ts';

/** A file of a Python index: its bytes, and what its page says of it beyond that. */
export interface IndexedFile extends BuiltPythonPackage {
  /** Keys of PEP 691 that go over those of the file itself. */
  readonly said?: Record<string, unknown>;
}

/** How an index is written. */
export interface SimpleIndexStyle {
  /** Which forms pages have; both unless told otherwise. */
  readonly forms?: readonly ('json' | 'html')[];
  /** Whether wheels have their METADATA beside them (PEP 658); true unless told otherwise. */
  readonly metadata?: boolean;
  /** By project, what its page says beside its files, such as `project-status`. */
  readonly pages?: Record<string, Record<string, unknown>>;
}

/** A file with what its page says of it. */
export function indexedFile(built: BuiltPythonPackage, said: Record<string, unknown> = {}): IndexedFile {
  return { ...built, said };
}

/**
 * Write a plain index of Python files into a folder: `simple/index.*`, `simple/<project>/index.*` and `files/<file>`. Projects
 * that were there and are not among these go.
 */
export function writeSimpleIndex(
  folder: string,
  projects: Readonly<Record<string, readonly IndexedFile[]>>,
  style: SimpleIndexStyle = {},
): void {
  const { forms = ['json', 'html'], metadata = true, pages = {} } = style;
  const simple = path.join(folder, 'simple');
  rmSync(simple, { recursive: true, force: true });
  mkdirSync(path.join(folder, 'files'), { recursive: true });
  const names = Object.keys(projects).sort();
  write(simple, forms, {
    json: { meta: { 'api-version': '1.4' }, projects: names.map((name) => ({ name })) },
    html: names.map((name) => `<a href="${name}/">${name}</a>`),
  });
  for (const name of names) {
    const files = projects[name]!.map((file) => described(folder, file, metadata));
    write(path.join(simple, name), forms, {
      json: { meta: { 'api-version': '1.4' }, name, versions: [], files, ...pages[name] },
      html: files.map(anchor),
    });
  }
}

interface DescribedFile extends Record<string, unknown> {
  filename: string;
  url: string;
  hashes: { sha256: string };
}

function described(
  folder: string,
  { fileName, bytes, metadata, said }: IndexedFile,
  withMetadata: boolean,
): DescribedFile {
  const beside = withMetadata && fileName.endsWith('.whl');
  writeFileSync(path.join(folder, 'files', fileName), bytes);
  if (beside) writeFileSync(path.join(folder, 'files', `${fileName}.metadata`), metadata);
  return {
    filename: fileName,
    url: `../../files/${fileName}`,
    hashes: { sha256: sha256(bytes) },
    size: bytes.length,
    'upload-time': '2026-01-02T03:04:05.000000Z',
    yanked: false,
    'core-metadata': beside ? { sha256: sha256(metadata) } : false,
    ...said,
  };
}

function anchor(file: DescribedFile): string {
  const python = file['requires-python'];
  const metadata = file['core-metadata'] as { sha256?: string } | boolean;
  const attributes = [
    `href="${file.url}#sha256=${file.hashes.sha256}"`,
    python === undefined
      ? ''
      : `data-requires-python="${String(python).replaceAll('>', '&gt;').replaceAll('<', '&lt;')}"`,
    typeof metadata === 'object' ? `data-core-metadata="sha256=${metadata.sha256}"` : '',
    file.yanked === false ? '' : `data-yanked="${file.yanked === true ? '' : file.yanked}"`,
  ];
  return `<a ${attributes.filter(Boolean).join(' ')}>${file.filename}</a>`;
}

function write(
  folder: string,
  forms: readonly ('json' | 'html')[],
  { json, html }: { json: unknown; html: readonly string[] },
): void {
  mkdirSync(folder, { recursive: true });
  if (forms.includes('json')) writeFileSync(path.join(folder, 'index.json'), JSON.stringify(json));
  if (!forms.includes('html')) return;
  const head = '<!DOCTYPE html><html><head><meta name="pypi:repository-version" content="1.4"></head><body>';
  writeFileSync(path.join(folder, 'index.html'), `${head}\n${html.join('<br>\n')}\n</body></html>`);
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
