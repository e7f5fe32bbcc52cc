import { countRefusals, type SourceRow } from '@sluice/catalog';
import { FormatError } from '@sluice/formats/errors';
import { pythonPart } from '@sluice/formats/package';
import { dependsList, factsBuilder, factsRowOf, type LayerDefinition } from '@sluice/policy';
import { sourceFacts } from '@sluice/registry';
import { needsMetadata } from '../ask-name/needs-metadata.ts';
import type { MirrorDefinition } from '../definition/read-definition.ts';
import type { MirrorDeps } from '../deps.ts';
import { projectOfLine } from '../upstreams/pypi/ask-list.ts';
import { askProject } from '../upstreams/pypi/ask-project.ts';
import { refuseLarge } from '../upstreams/pypi/index-errors.ts';
import { listedRecords } from '../upstreams/pypi/listed-records.ts';
import { askProjects } from '../upstreams/pypi/refresh-list.ts';
import { releaseFacts } from '../upstreams/pypi/release-facts.ts';
import { simpleRoot } from '../upstreams/pypi/simple-root.ts';
import type { UpstreamDeps } from '../upstreams/upstream-deps.ts';
import type { UpstreamPart } from './part-facts.ts';

/** Pages asked for at once. */
const workers = 16;

/**
 * What a Python index has of the projects that a mirror brings in, as facts. Nothing was written. Of a passive mirror of a whole
 * index these are the projects that somebody asked for, as they are known.
 */
export async function projectsPart(
  deps: MirrorDeps,
  upstream: UpstreamDeps,
  source: SourceRow | undefined,
  definition: Pick<MirrorDefinition, 'mode' | 'filters'>,
  layer: LayerDefinition,
): Promise<UpstreamPart> {
  const { projects = [] } = definition.filters;
  const builder = factsBuilder(pythonPart);
  const depends = dependsList();
  if (projects.length === 0 && definition.mode === 'passive') {
    const known = source && (await sourceFacts(deps, { source_id: source.id, subdir: pythonPart }, source.revision));
    const refused = source ? await countRefusals(deps.db, source.id, [pythonPart]) : 0;
    return { status: 'unchanged', facts: known ?? builder.build(), depends, refused };
  }
  const root = await simpleRoot(upstream, undefined);
  const names = projects.length > 0 ? projects.toSorted() : await allNames(upstream, root);
  const factsRow = factsRowOf(pythonPart);
  let refused = 0;
  for (let at = 0; at < names.length; at += workers) {
    const some = names.slice(at, at + workers);
    for (const records of await Promise.all(
      some.map((name) => recordsOf(upstream, root, name, needsMetadata(layer))),
    )) {
      for (const { file, body, extra } of records) {
        try {
          builder.add(factsRow(file, body, 0, { extra }));
        } catch (error) {
          if (!(error instanceof FormatError)) throw error;
          refused++;
        }
      }
    }
  }
  return { status: 'read', facts: builder.build(), depends, refused };
}

async function allNames(upstream: UpstreamDeps, root: string): Promise<string[]> {
  const answer = await askProjects(upstream, root, undefined);
  const names = answer.status === 'list' ? answer.lines.map(projectOfLine) : [];
  refuseLarge(names.length);
  return names;
}

async function recordsOf(upstream: UpstreamDeps, root: string, name: string, withMetadata: boolean) {
  const answer = await askProject(upstream, root, name, undefined);
  if (answer.status !== 'page') return [];
  const none = { facts: new Map() };
  const { facts } = withMetadata ? await releaseFacts(upstream, name, answer.asked, new Map()) : none;
  return listedRecords(name, answer.asked.page, facts);
}
