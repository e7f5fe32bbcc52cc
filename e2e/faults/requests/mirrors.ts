import path from 'node:path';
import {
  type BuiltPackage,
  buildCondaPackage,
  buildCranTree,
  buildRPackage,
  buildSdist,
  buildWheel,
  indexedFile,
  removeCondaDocuments,
  writeCondaShards,
  writeCondaSubdir,
  writeSimpleIndex,
} from '@sluice/testkit';

/** What an upstream is before, what it becomes, and what it becomes while it is read. */
export type UpstreamState = 'first' | 'second' | 'third';

/** A small mirror of one type, and everything its clients ask for. */
export interface SmallMirror {
  readonly name: string;
  readonly type: 'conda' | 'python' | 'r';
  /** The body of its creation, but for the source. */
  readonly body: object;
  /** Where its source is on the upstream. */
  readonly root: string;
  /** Write one state of its upstream into an empty folder. */
  write(folder: string, state: UpstreamState): Promise<void>;
  /** Below the channel: the indexes. The files are what these list. */
  readonly indexes: readonly string[];
  /** The files that an index lists, below the channel. */
  filesOf(index: string, text: string): string[];
}

const versions: Record<UpstreamState, readonly string[]> = {
  first: ['1.0'],
  second: ['1.0', '1.1'],
  third: ['1.1', '1.2'],
};

const subdirs = ['linux-64', 'noarch'] as const;

/** Every type of upstream, with every mode it has. */
export const smallMirrors: readonly SmallMirror[] = [
  ...(['active', 'passive'] as const).flatMap((mirror_mode) => [
    condaMirror(`conda documents, ${mirror_mode}`, { mirror_mode }, writeConda),
    condaMirror(`conda shards, ${mirror_mode}`, { mirror_mode }, async (folder, state) => {
      await writeConda(folder, state);
      for (const subdir of subdirs) {
        writeCondaShards(folder, subdir);
        removeCondaDocuments(folder, subdir);
      }
    }),
    cranMirror(`CRAN, ${mirror_mode}`, { mirror_type: 'CRAN', mirror_mode }),
    pythonMirror(`Python projects, ${mirror_mode}`, {
      mirror_type: 'python_simple',
      mirror_mode,
      filters: { projects: ['demo', 'other'] },
    }),
  ]),
  pythonMirror('Python, lazy', { mirror_type: 'python_simple', mirror_mode: 'passive' }),
];

function condaMirror(name: string, body: object, write: SmallMirror['write']): SmallMirror {
  const filters = { subdirs };
  return {
    name,
    type: 'conda',
    body: { ...body, filters },
    root: '',
    write,
    indexes: subdirs.flatMap((subdir) => [
      `${subdir}/repodata.json`,
      `${subdir}/run_exports.json`,
      `${subdir}/repodata_shards.msgpack.zst`,
    ]),
    filesOf(index, text) {
      if (!index.endsWith('repodata.json')) return [];
      const listed = JSON.parse(text) as Record<'packages' | 'packages.conda', object>;
      const files = [...Object.keys(listed.packages), ...Object.keys(listed['packages.conda'])];
      return files.map((file) => `${path.posix.dirname(index)}/${file}`);
    },
  };
}

async function writeConda(folder: string, state: UpstreamState): Promise<void> {
  for (const subdir of subdirs) {
    const packages: BuiltPackage[] = [];
    for (const version of versions[state]) {
      const common = { name: `demo-${subdir}`, version, subdir, license: 'MIT' };
      packages.push(await buildCondaPackage({ ...common, runExports: { weak: [`demo-${subdir}`] } }));
    }
    packages.push(await buildCondaPackage({ name: `old-${subdir}`, subdir, format: 'tar.bz2' }));
    writeCondaSubdir(path.join(folder, subdir), packages);
  }
}

function pythonMirror(name: string, body: object): SmallMirror {
  const projects = ['demo', 'other'];
  return {
    name,
    type: 'python',
    body,
    root: '/simple',
    async write(folder, state) {
      const filesOf = async (project: string) => [
        ...(await Promise.all(versions[state].map((version) => buildWheel({ name: project, version })))),
        await buildSdist({ name: project, version: '0.9' }),
      ];
      const [demo, other] = await Promise.all(projects.map(filesOf));
      const index = { demo: demo!.map((file) => indexedFile(file)), other: other!.map((file) => indexedFile(file)) };
      writeSimpleIndex(folder, index, { forms: ['json'] });
    },
    indexes: ['simple/', ...projects.map((project) => `simple/${project}/`)],
    filesOf(index, text) {
      const { files = [] } = JSON.parse(text) as { files?: { url: string; 'core-metadata'?: unknown }[] };
      return files.flatMap((file) => {
        const address = path.posix.join(index, file.url);
        return file['core-metadata'] ? [address, `${address}.metadata`] : [address];
      });
    },
  };
}

function cranMirror(name: string, body: object): SmallMirror {
  return {
    name,
    type: 'r',
    body,
    root: '',
    async write(folder, state) {
      const packages = await Promise.all([
        ...versions[state].map((version) => buildRPackage({ name: 'demo', version })),
        buildRPackage({ name: 'other', imports: 'demo' }),
      ]);
      buildCranTree(path.join(folder, 'src/contrib'), packages);
    },
    indexes: ['PACKAGES', 'PACKAGES.rds', 'Meta/archive.rds'].map((file) => `cran/src/contrib/${file}`),
    filesOf(index, text) {
      if (!index.endsWith('PACKAGES')) return [];
      const found = text.matchAll(/^Package: (.+)\nVersion: (.+)$/gm);
      return [...found].map(([, name, version]) => `cran/src/contrib/${name}_${version}.tar.gz`);
    },
  };
}
