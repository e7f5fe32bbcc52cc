import { FormatError } from '../errors.ts';
import { type JsonObject, writeJson } from './json.ts';
import { type ByteSpan, createJsonMapWriter } from './json-map-writer.ts';
import { type RepodataBucket, repodataBuckets } from './repodata-document.ts';

/** A record to be listed: its file name and its text, copied byte for byte. */
export interface RepodataEntry {
  fn: string;
  text: string | Uint8Array;
}

/** What a repodata document says beside its records. */
export interface RepodataFrame {
  /** Must name the `subdir`: clients refuse a document of another. With `base_url` the document becomes version 2. */
  info: JsonObject & { subdir: string };
  /** File names that were listed once and are no more. Need not be sorted. */
  removed: readonly string[];
}

/**
 * A repodata document in the making: entries bucket by bucket, `packages`, `packages.conda`, `v3.conda`, `v3.tar.bz2`,
 * sorted in each by file name (in the `v3` maps, whose keys are stems, by stem), then the end.
 */
export interface RepodataWriter {
  /** @throws {FormatError} `repodata_order` when an entry does not sort behind the one before it. */
  entry(bucket: RepodataBucket, fn: string, text: string | Uint8Array): void;
  /**
   * The same where the file name, which needs no escape, and the text lie in one buffer. A map is written by one of the two.
   *
   * @throws {FormatError} `repodata_order`.
   */
  entryFrom(bucket: RepodataBucket, bytes: Uint8Array, fn: ByteSpan, text: ByteSpan): void;
  /**
   * Begin entries as another document lists them one after the other, the first being `fn`: their text follows by `copy`. A map
   * is written by this and `entry`, or by `entryFrom`.
   *
   * @throws {FormatError} `repodata_order`.
   */
  entries(bucket: RepodataBucket, fn: string): void;
  /** More text of these entries as it is, which nobody writes to any more; no comma at the beginning of it all, nor at the end. */
  copy(text: Uint8Array): void;
  /** How many bytes the document has so far. */
  size(): number;
  /** Write the rest and emit the last chunk. */
  end(): void;
}

/** Records by bucket, each sorted as `RepodataWriter` says. `v3` is written only when there is something in it. */
export interface RepodataSource extends RepodataFrame {
  packages: Entries;
  packagesConda: Entries;
  v3Conda?: Entries;
  v3TarBz2?: Entries;
}

type Entries = Iterable<RepodataEntry> | AsyncIterable<RepodataEntry>;

/**
 * Write a repodata document as chunks of bytes, never holding more than one of them. The texts of the records are
 * copied; everything else is sorted and compact, as conda-index writes it.
 *
 * @param emit is handed every chunk in order and may keep it.
 * @see CEP 36 https://conda.org/learn/ceps/cep-0036, CEP 48 for `v3`
 */
export function createRepodataWriter(frame: RepodataFrame, emit: (chunk: Uint8Array) => void): RepodataWriter {
  const out = createJsonMapWriter(emit);
  const { info } = frame;
  const removed = writeJson([...frame.removed].sort());
  const betweenMaps = `,"removed":${removed},"repodata_version":${info.base_url === undefined ? 1 : 2}`;
  let stage = 0;
  out.raw(`{"info":${writeJson(info)},`);
  out.open('packages');

  function advance(): void {
    out.close();
    stage++;
    out.raw(stage === 2 ? `${betweenMaps},"v3":{` : ',');
    out.open(repodataBuckets[stage]!.replace('v3.', ''));
  }

  function reach(bucket: RepodataBucket): number {
    const wanted = repodataBuckets.indexOf(bucket);
    if (wanted < stage) {
      throw new FormatError(
        'repodata_order',
        `The maps of a repodata document come in this order: ${repodataBuckets.join(', ')}.`,
        {
          wanted: repodataBuckets.slice(stage).join(' or '),
          found: bucket,
        },
      );
    }
    while (stage < wanted) advance();
    // In the v3 maps a key is a stem.
    return wanted < 2 ? 0 : bucket.slice(2).length;
  }

  return {
    entry(bucket, fn, text) {
      out.entry(fn.slice(0, fn.length - reach(bucket)), text);
    },
    entryFrom(bucket, bytes, fn, text) {
      out.entryFrom(bytes, { at: fn.at, end: fn.end - reach(bucket) }, text);
    },
    entries(bucket, fn) {
      out.members(fn.slice(0, fn.length - reach(bucket)));
    },
    copy: out.copy,
    size: out.size,
    end() {
      while (stage === 0 || stage === 2) advance();
      out.close();
      out.raw(stage === 1 ? `${betweenMaps}}` : '}}');
      out.flush();
    },
  };
}

/**
 * The same from iterables, sync or async, one for each map.
 *
 * @throws {FormatError} `repodata_order`.
 */
export async function* writeRepodata(source: RepodataSource): AsyncGenerator<Uint8Array, void> {
  const ready: Uint8Array[] = [];
  const writer = createRepodataWriter(source, (chunk) => ready.push(chunk));
  const maps = [source.packages, source.packagesConda, source.v3Conda ?? [], source.v3TarBz2 ?? []];
  for (const [i, entries] of maps.entries()) {
    for await (const { fn, text } of entries) {
      writer.entry(repodataBuckets[i]!, fn, text);
      yield* ready.splice(0);
    }
  }
  writer.end();
  yield* ready;
}
