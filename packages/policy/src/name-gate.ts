import type { ReasonCode } from './decision.ts';
import type { ChannelFilters } from './filters.ts';
import type { LayerDefinition } from './layer-rules.ts';
import { reservedNames } from './reserved-names.ts';
import { nameTest } from './specs/named-specs.ts';
import { readPythonSpec } from './specs/python-specs.ts';

/**
 * What can be said of a Python project by its name alone: the code of the rule that keeps all of its files out, whatever they
 * are; undefined where some may come in. The upstream of a lazy source is not asked for a name that is kept out.
 *
 * @throws {FormatError} when a spec cannot be read.
 */
export function pythonNameGate({ types, channel, mirror }: LayerDefinition): (name: string) => ReasonCode | undefined {
  if (!types.includes('python')) return () => 'type';
  const reserved = reservedNames(mirror?.reserved ?? [], 'python');
  const filters = mirror?.filters ?? {};
  const projects = filters.projects && new Set([...filters.projects, ...(filters.dependencies ?? [])]);
  const isListed = filters.only_specs && anyName(filters.only_specs);
  const [byChannel, byMirror] = [excludedNames(channel), excludedNames(filters)];
  return (name) => {
    if (reserved(name) !== undefined) return 'reserved';
    if (projects && !projects.has(name)) return 'name';
    if (byChannel(name)) return 'channel_exclude_specs';
    if (isListed && !isListed(name)) return 'only_specs';
    return byMirror(name) ? 'exclude_specs' : undefined;
  };
}

/** Whether any of the specs speaks of that name. */
function anyName(specs: readonly string[]): (name: string) => boolean {
  const tests = specs.map((text) => nameTest(readPythonSpec(text).name));
  return (name) => tests.some((test) => test(name));
}

/** Names that are excluded in all versions, and of which nothing is added again. */
function excludedNames({ exclude_specs = [], include_specs = [] }: ChannelFilters): (name: string) => boolean {
  const isExcluded = anyName(exclude_specs.filter((text) => /^\s*[A-Za-z0-9._*-]+\s*$/.test(text)));
  const isAddedAgain = anyName(include_specs);
  return (name) => isExcluded(name) && !isAddedAgain(name);
}
