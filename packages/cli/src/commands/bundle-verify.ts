import { trustedKeys, verifyBundlePart } from '@sluice/archives';
import type { Manifest } from '@sluice/formats/bundle';
import { Argument } from 'commander';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { CliError } from '../errors.ts';
import { repeatedOption } from '../list-option.ts';
import { partPaths } from '../part-files.ts';
import { bytes } from '../views/amounts.ts';
import { table } from '../views/table.ts';
import { plain, type View } from '../views/view.ts';
import { wrap } from '../views/wrap.ts';

interface VerifiedFile {
  file: string;
  ok: boolean;
  manifest: Manifest | null;
  code: string | null;
  message: string | null;
}

interface Data {
  files: VerifiedFile[];
  /** Parts that bundles of these files have and that were not named. */
  missing: { series: string; serial: number; parts: number[] }[];
}

export const usage: Usage = {
  words: 'bundle verify',
  summary: 'Check that parts are to the byte what a trusted key signed; with --key no server is needed',
  arguments: [new Argument('<paths...>', 'parts, or folders with parts (*.sluice)')],
  options: [repeatedOption('--key <key>', 'a public key; those that the server trusts, and its own, when left out')],
  examples: ['bundle verify /media/stick', 'bundle verify --key $KEY main-1.part0001.sluice'],
};

export async function run(context: Context, { paths, key }: { paths: string[]; key?: string[] }): Promise<Data> {
  const keys = trustedKeys(key ?? (await serverKeys(context)));
  if (!keys) throw new CliError('usage', 'A key is the 32 raw bytes as base64 or hex: what `bundle key` shows.');
  const files: VerifiedFile[] = [];
  for (const file of await partPaths(paths)) {
    let read = 0;
    const onRead = (more: number) => {
      read += more;
      context.progress.show(file, read, read + 1, bytes(read));
    };
    try {
      const { manifest } = await verifyBundlePart(file, keys, onRead);
      files.push({ file, ok: true, manifest, code: null, message: null });
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      files.push({ file, ok: false, manifest: null, code: code ?? 'file_unreadable', message });
    }
  }
  context.progress.clear();
  return { files, missing: missingParts(files) };
}

async function serverKeys({ api }: Context): Promise<string[]> {
  const { items } = await answer(api.GET('/api/bundles/trust'));
  const { public_key } = await answer(api.GET('/api/bundles/key'));
  return [...items.map(({ key }) => key), public_key];
}

function missingParts(files: readonly VerifiedFile[]): Data['missing'] {
  const bundles = new Map<string, Manifest[]>();
  for (const { manifest } of files) {
    if (!manifest) continue;
    const key = `${manifest.issuer} ${manifest.series} ${manifest.serial}`;
    bundles.set(key, [...(bundles.get(key) ?? []), manifest]);
  }
  return [...bundles.values()].flatMap((all) => {
    const [{ series, serial, parts }] = all as [Manifest];
    const here = new Set(all.map(({ part }) => part));
    const missing = Array.from({ length: parts }, (_, i) => i + 1).filter((part) => !here.has(part));
    return missing.length === 0 ? [] : [{ series, serial, parts: missing }];
  });
}

export function failure({ files }: Data): CliError | undefined {
  const bad = files.filter(({ ok }) => !ok);
  if (bad.length === 0) return undefined;
  return new CliError('bundle_failed', `${bad.length} of ${files.length} files must not be imported.`, {
    found: bad.map(({ code }) => code).join(', '),
  });
}

export const views = {
  human: ({ files, missing }: Data, view: View): string => {
    const good = files.flatMap(({ file, manifest }) =>
      manifest
        ? [[file, `${manifest.series} ${manifest.serial}`, `${manifest.part} of ${manifest.parts}`, manifest.created]]
        : [],
    );
    return [
      ...(good.length > 0 ? [table(['VERIFIED', 'BUNDLE', 'PART', 'CREATED'], good, view)] : []),
      ...files.flatMap(({ code, message }) => (message === null ? [] : wrap(plain(`${code}: ${message}`), view.width))),
      ...missing.map(({ series, serial, parts }) =>
        plain(`Not here: part ${parts.join(', ')} of ${series} ${serial}.`),
      ),
    ].join('\n');
  },
  json: (data: Data): unknown => data,
};
