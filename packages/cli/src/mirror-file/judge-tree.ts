import {
  type Depends,
  dependsList,
  dependsOf,
  evaluateAll,
  explain,
  type Facts,
  factsBuilder,
  factsRowOf,
  hexAt,
  type LayerDefinition,
  layerRules,
  lookedAtSubdirs,
  neededFiles,
  type Reason,
  type Rule,
  readNeeded,
  takesNeeded,
} from '@sluice/policy';
import { scanTree, type TreeFile, type TreePart } from './scan-tree.ts';

/** A package of a tree, and whether it is taken; `fault`: it is no package. */
export interface Judged {
  subdir: string;
  file: string;
  path: string;
  size: number;
  /** Hex, as its record has it. */
  sha256: string | undefined;
  reason: Reason | null;
  fault: string | null;
}

/**
 * Judge the packages of a channel in a folder by the rules that a mirror with these filters has.
 *
 * @throws {CliError} `file_unreadable`.
 */
export async function judgeTree(channel: string, definition: LayerDefinition): Promise<Judged[]> {
  const filters = definition.mirror?.filters ?? {};
  const parts: ReadPart[] = [];
  for await (const part of scanTree(channel, lookedAtSubdirs(filters))) parts.push(readPart(part));
  const needed = takesNeeded(filters) ? readNeeded(await neededFiles(definition, each(parts))) : undefined;
  const rules = layerRules(definition, needed).map(preparedOnce);
  return parts.flatMap((part) => verdicts(part, rules));
}

interface ReadPart {
  facts: Facts;
  depends: Depends;
  /** In the order of the rows. */
  readable: TreeFile[];
  unreadable: Judged[];
}

function readPart({ subdir, files }: TreePart): ReadPart {
  const builder = factsBuilder(subdir, files.length);
  const depends = dependsList();
  const rowOf = factsRowOf(subdir);
  const dependsIn = dependsOf(subdir);
  const readable: TreeFile[] = [];
  const unreadable: Judged[] = [];
  for (const one of files) {
    try {
      if (one.fault !== undefined) throw new Error(one.fault);
      const row = rowOf(one.file, one.body, 1, { v3: one.v3 });
      depends.add(builder.count, dependsIn(one.body));
      builder.add(row);
      readable.push(one);
    } catch (error) {
      const { file, path, size } = one;
      const fault = error instanceof Error ? error.message : String(error);
      unreadable.push({ subdir, file, path, size, sha256: undefined, reason: null, fault });
    }
  }
  return { facts: builder.build(), depends, readable, unreadable };
}

function verdicts({ facts, readable, unreadable }: ReadPart, rules: readonly Rule[]): Judged[] {
  const found = evaluateAll(rules, facts);
  const judged = readable.map(({ file, path, size }, i): Judged => {
    const reason = found[i] === 0 ? null : explain(rules, facts, i, found[i]!);
    return {
      subdir: facts.subdir,
      file,
      path,
      size,
      sha256: hexAt(facts.digests, 'sha256', i),
      reason,
      fault: null,
    };
  });
  return [...judged, ...unreadable];
}

/** The rule, preparing for the same facts once: to explain thousands of denials must not cost as many preparations. */
function preparedOnce(rule: Rule): Rule {
  const known = new WeakMap<Facts, ReturnType<Rule['prepare']>>();
  return {
    ...rule,
    prepare: (facts) => {
      const test = known.get(facts) ?? rule.prepare(facts);
      known.set(facts, test);
      return test;
    },
  };
}

async function* each<T>(things: readonly T[]): AsyncGenerator<T> {
  yield* things;
}
