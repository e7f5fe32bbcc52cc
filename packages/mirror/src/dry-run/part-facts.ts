import { countRefusals, findPart, findRecords, folderFiles, type Part, type SourceRow } from '@sluice/catalog';
import { createRepodataScanner } from '@sluice/formats/conda';
import { parseCranTree } from '@sluice/formats/cran';
import { FormatError } from '@sluice/formats/errors';
import { cranPath, packageTypeOf } from '@sluice/formats/package';
import {
  type Depends,
  dependsList,
  dependsOf,
  type Facts,
  factsBuilder,
  factsRowOf,
  type ListedWith,
} from '@sluice/policy';
import { recordDepends, sourceFacts } from '@sluice/registry';
import type { MirrorDeps } from '../deps.ts';
import type { SourceFolder } from '../fetch/source-folder.ts';
import { fileNumbers } from '../upstreams/conda/file-numbers.ts';
import { findDocument } from '../upstreams/conda/find-document.ts';
import { folderPackages } from '../upstreams/conda/folder-packages.ts';
import { isSigned } from '../upstreams/conda/signatures.ts';
import { readTree } from '../upstreams/cran/read-tree.ts';
import type { UpstreamDeps } from '../upstreams/upstream-deps.ts';
import { readShards } from './shards-part.ts';

/** What the upstream has for one subdir now, as facts. Nothing was written. */
export interface UpstreamPart {
  /** `unchanged`: what the catalog holds is what the upstream has. */
  status: 'read' | 'unchanged' | 'absent';
  facts: Facts;
  /** What its files depend on; nothing when nobody asked. */
  depends: Depends;
  /** Records and packages that cannot be read. */
  refused: number;
}

/**
 * Read one subdir of an upstream into facts, or take those of the catalog when it has not changed since.
 *
 * @param withDepends also hold what the files depend on.
 */
export async function upstreamPart(
  deps: MirrorDeps,
  upstream: UpstreamDeps,
  source: SourceRow | undefined,
  subdir: string,
  withDepends: boolean,
): Promise<UpstreamPart> {
  const part: Part | undefined = source && { source_id: source.id, subdir };
  if (packageTypeOf(subdir) === 'r') return treePart(deps, upstream, source, subdir, withDepends);
  const known = part && (await findPart(deps.db, part));
  const answer = await findDocument(upstream, subdir, known, deps.now());
  const files = collector(subdir, withDepends);
  switch (answer.status) {
    case 'absent': {
      let refused = 0;
      const isThere = await readShards(upstream, subdir, deps.now(), ({ bucket, fn }, body) => {
        if (!files.add(fn, body, { v3: bucket.startsWith('v3.') })) refused++;
      });
      return { status: isThere ? 'read' : 'absent', ...files.collected(), refused };
    }
    case 'unchanged':
      return unchangedPart(deps, source!, subdir);
    case 'document': {
      const refused = await readDocument(answer.document.json, files);
      return { status: 'read', ...files.collected(), refused };
    }
    case 'folder': {
      const refused = await readFolder(deps, upstream, { files: answer.files, subdir, part, source }, files);
      return { status: 'read', ...files.collected(), refused };
    }
  }
}

async function unchangedPart(deps: MirrorDeps, source: SourceRow, subdir: string): Promise<UpstreamPart> {
  const part = { source_id: source.id, subdir };
  const facts = (await sourceFacts(deps, part, source.revision)) ?? factsBuilder(subdir).build();
  const depends = recordDepends(deps, part, source.revision, facts);
  return { status: 'unchanged', facts, depends, refused: await countRefusals(deps.db, source.id, [subdir]) };
}

/** One tree of R packages. */
async function treePart(
  deps: MirrorDeps,
  upstream: UpstreamDeps,
  source: SourceRow | undefined,
  subdir: string,
  withDepends: boolean,
): Promise<UpstreamPart> {
  const tree = parseCranTree(cranPath(subdir))!;
  const answer = await readTree(deps, upstream, tree, source && { source_id: source.id, subdir });
  if (answer.status === 'unchanged') return unchangedPart(deps, source!, subdir);
  const files = collector(subdir, withDepends);
  if (answer.status !== 'read') return { status: 'absent', ...files.collected(), refused: 0 };
  let refused = answer.listed.refused.length;
  for (const { file, body, extra } of answer.listed.records) if (!files.add(file, body, { extra })) refused++;
  return { status: 'read', ...files.collected(), refused };
}

interface Collector {
  /** Add a file; false when its record is none. */
  add(file: string, body: Uint8Array, listed?: ListedWith): boolean;
  /** Say afterwards which files are signed. */
  sign(of: (file: string) => boolean): void;
  collected(): Pick<UpstreamPart, 'facts' | 'depends'>;
}

function collector(subdir: string, withDepends: boolean): Collector {
  const builder = factsBuilder(subdir);
  const factsRow = factsRowOf(subdir);
  const depends = dependsList();
  let signedFile: ((file: string) => boolean) | undefined;
  const readDepends = dependsOf(subdir);
  return {
    add(file, body, listed = {}) {
      try {
        builder.add(factsRow(file, body, 0, listed));
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        return false;
      }
      if (withDepends) depends.add(builder.count - 1, readDepends(body));
      return true;
    },
    sign(of) {
      signedFile = of;
    },
    collected: () => ({ facts: signedFacts(builder.build(), signedFile), depends }),
  };
}

function signedFacts(facts: Facts, signedFile: ((file: string) => boolean) | undefined): Facts {
  if (!signedFile) return facts;
  return { ...facts, signed: facts.v3.map((v3, i) => (v3 === 0 && signedFile(facts.file(i)) ? 1 : 0)) };
}

async function readDocument(json: AsyncIterable<Uint8Array>, files: Collector): Promise<number> {
  let refused = 0;
  const signed = fileNumbers();
  const scanner = createRepodataScanner({
    onRecord(bucket, file, body) {
      if (!files.add(file, body, { v3: bucket.startsWith('v3.') })) refused++;
    },
    onLeftOut: () => void refused++,
    onSignatures: (file, text) => {
      if (isSigned(text)) signed.set(file, 1);
    },
  });
  for await (const chunk of json) scanner.push(chunk);
  scanner.end();
  files.sign((file) => signed.get(file) === 1);
  return refused;
}

async function readFolder(
  deps: MirrorDeps,
  upstream: UpstreamDeps,
  folder: { files: SourceFolder; subdir: string; part: Part | undefined; source: SourceRow | undefined },
  files: Collector,
): Promise<number> {
  const { part, source } = folder;
  const known = part ? await folderFiles(deps.db, part) : [];
  const packages = await folderPackages(
    { inspect: deps.inspect, openInspectors: deps.openInspectors, signal: upstream.signal },
    { files: folder.files, subdir: folder.subdir, known },
  );
  const { listed, refused: refusedBefore } = packages.unchanged();
  let refused = refusedBefore;
  for (let at = 0; part && source && at < listed.length; at += portion) {
    const records = await findRecords(deps.db, part, listed.slice(at, at + portion), source.revision);
    for (const { file, body, v3 } of records) if (!files.add(file, body, { v3 })) refused++;
  }
  for await (const { file, body } of packages.records) if (!files.add(file, body)) refused++;
  return refused + packages.changes().read.filter((row) => row.refusal !== null).length;
}

/** Records read at once. */
const portion = 5000;
