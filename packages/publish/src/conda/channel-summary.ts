import { hexAt } from '@sluice/policy';
import type { ShownName } from '../select.ts';
import type { LoadedLayer } from '../selection.ts';
import { newestRow } from './newest-row.ts';

/** The newest file of one package name in one subdir, as channeldata.json needs it. */
export interface NewestFile {
  name: string;
  version: string;
  subdir: string;
  fn: string;
  license: string | undefined;
  /** ms */
  timestamp: number | undefined;
  /** lower-case hex */
  sha256: string | undefined;
}

/** Gathers, subdir by subdir, what a channel-wide document tells of each name. */
export interface ChannelSummary {
  add(subdir: string, layers: readonly LoadedLayer[], shown: ShownName): void;
  readonly files: readonly NewestFile[];
}

/** An empty summary. */
export function channelSummary(): ChannelSummary {
  const files: NewestFile[] = [];
  return {
    files,
    add(subdir, layers, shown) {
      const { layer, row } = newestRow(layers, shown);
      const { facts } = layers[layer]!;
      const timestamp = facts.timestamp[row]!;
      files.push({
        name: facts.names[facts.name[row]!]!,
        version: facts.versions[facts.version[row]!]!,
        subdir,
        fn: facts.file(row),
        license: facts.licences[facts.licence[row]!]!.license,
        timestamp: Number.isNaN(timestamp) ? undefined : timestamp,
        sha256: hexAt(facts.sha256, 32, row),
      });
    },
  };
}
