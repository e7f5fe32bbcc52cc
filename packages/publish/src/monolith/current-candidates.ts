import {
  type CondaRecord,
  chooseCurrent,
  createRepodataWriter,
  currentRecordText,
  readRecord,
} from '@sluice/formats/conda';

interface Candidate extends Pick<CondaRecord, 'name' | 'version' | 'build' | 'build_number'> {
  fn: string;
  text: Uint8Array;
  depends: readonly string[];
  track_features: readonly string[];
  md5: string | undefined;
}

/** A `current_repodata.json` in the making: the newest versions of what was added, and what they need. */
export interface CurrentCandidates {
  add(fn: string, body: Uint8Array): void;
  /** The document's chunks. */
  write(): Uint8Array[];
}

/** It holds every record that is added, so it is for a moderate number of them. */
export function currentCandidates(subdir: string): CurrentCandidates {
  const candidates: Candidate[] = [];
  return {
    add: (fn, body) => void candidates.push(candidate(fn, Buffer.from(body))),
    write() {
      const legacyMd5 = new Map(candidates.map(({ fn, md5 }) => [fn, md5]));
      const chosen = [...chooseCurrent(candidates)].sort((a, b) => (a.fn < b.fn ? -1 : 1));
      const chunks: Uint8Array[] = [];
      const writer = createRepodataWriter({ info: { subdir }, removed: [] }, (chunk) => chunks.push(chunk));
      for (const { fn, text } of chosen) if (fn.endsWith('.tar.bz2')) writer.entry('packages', fn, text);
      for (const { fn, text } of chosen) {
        if (!fn.endsWith('.conda')) continue;
        const md5 = legacyMd5.get(fn.replace(/\.conda$/, '.tar.bz2'));
        writer.entry('packages.conda', fn, md5 === undefined ? text : currentRecordText(text, { md5 }));
      }
      writer.end();
      return chunks;
    },
  };
}

function candidate(fn: string, text: Uint8Array): Candidate {
  const { name, version, build, build_number, depends, track_features, md5 } = readRecord(text);
  return { fn, text, name, version, build, build_number, depends, track_features, md5 };
}
