import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { buildTar, buildZip } from './conda-package.ts';

/** What to build; all but the name has a default. `fields` are lines of the metadata beyond name and version, a list for several. */
export type PythonPackageOptions = {
  /** As projects write it, `Foo.Bar`. */
  readonly name: string;
  readonly version?: string;
  readonly fields?: Record<string, string | readonly string[]>;
  readonly description?: string;
};

export type WheelOptions = PythonPackageOptions & {
  /** `py3-none-any` unless given. */
  readonly tag?: string;
  /** The build tag, `1` or `2build`. */
  readonly build?: string;
  /** Files beside the module, by path; `undefined` leaves out one that would be there. */
  readonly files?: Record<string, string | undefined>;
  /** RECORD instead of the right one. */
  readonly record?: string;
};

/** A built distribution under the name build tools give it. `metadata` is METADATA or PKG-INFO. */
export type BuiltPythonPackage = { readonly fileName: string; readonly bytes: Buffer; readonly metadata: string };

/** Build a small wheel that pip can install: one module with `version`. The same options give the same bytes. */
export async function buildWheel(options: WheelOptions): Promise<BuiltPythonPackage> {
  const { version = '1.0', tag = 'py3-none-any', build } = options;
  const distribution = distributionName(options.name);
  const folder = `${distribution}-${version}.dist-info`;
  const metadata = metadataOf(options);
  const files: Record<string, string | undefined> = {
    [`${distribution}/__init__.py`]: `version = ${JSON.stringify(version)}\n`,
    [`${folder}/METADATA`]: metadata,
    [`${folder}/WHEEL`]: `Wheel-Version: 1.0\nGenerator: sluice-testkit\nRoot-Is-Purelib: true\n${tagLines(tag)}${build === undefined ? '' : `Build: ${build}\n`}`,
    ...options.files,
  };
  const present = Object.entries(files).filter((file): file is [string, string] => file[1] !== undefined);
  const record = options.record ?? `${present.map(recordLine).join('')}${folder}/RECORD,,\n`;
  const items = [...present, [`${folder}/RECORD`, record] as const];
  return {
    fileName: `${distribution}-${version}${build === undefined ? '' : `-${build}`}-${tag}.whl`,
    bytes: await buildZip(items.map(([name, content]) => ({ name, content, compress: true }))),
    metadata,
  };
}

/** Build a small source distribution that pip can build without any other package. The same options give the same bytes. */
export async function buildSdist(
  options: PythonPackageOptions & { readonly files?: Record<string, string>; readonly extension?: 'tar.gz' | 'zip' },
): Promise<BuiltPythonPackage> {
  const { version = '1.0', extension = 'tar.gz' } = options;
  const distribution = distributionName(options.name);
  const folder = `${distribution}-${version}`;
  const metadata = metadataOf(options);
  const files: Record<string, string> = {
    'PKG-INFO': metadata,
    'pyproject.toml': '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
    'backend.py': backend(distribution, version),
    ...options.files,
  };
  const items = Object.entries(files).map(([name, content]) => ({ name: `${folder}/${name}`, content }));
  const bytes =
    extension === 'zip'
      ? await buildZip(items.map((item) => ({ ...item, compress: true })))
      : gzipSync(await buildTar(items.map(({ name, content }) => ({ path: name, content }))));
  return { fileName: `${folder}.${extension}`, bytes, metadata };
}

/** A build backend of its own, so that building needs nothing from an index. @see PEP 517 */
function backend(distribution: string, version: string): string {
  return `import zipfile

STEM = "${distribution}-${version}"


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    name = STEM + "-py3-none-any.whl"
    info = STEM + ".dist-info/"
    files = {
        "${distribution}/__init__.py": "version = '${version}'\\n",
        info + "METADATA": open("PKG-INFO", encoding="utf-8").read(),
        info + "WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    files[info + "RECORD"] = "".join(f"{path},,\\n" for path in [*files, info + "RECORD"])
    with zipfile.ZipFile(f"{wheel_directory}/{name}", "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)
    return name


def build_sdist(sdist_directory, config_settings=None):
    raise NotImplementedError
`;
}

/** The name as it stands in file names. */
function distributionName(name: string): string {
  return name.replace(/[-_.]+/g, '_').toLowerCase();
}

function metadataOf({ name, version = '1.0', fields = {}, description }: PythonPackageOptions): string {
  const lines = [`Metadata-Version: 2.4`, `Name: ${name}`, `Version: ${version}`];
  for (const [field, values] of Object.entries(fields)) {
    for (const value of [values].flat()) lines.push(`${field}: ${value}`);
  }
  return `${lines.join('\n')}\n${description === undefined ? '' : `\n${description}`}`;
}

/** One line for each combination of a compressed tag. */
function tagLines(tag: string): string {
  const [pythons, abis, platforms] = tag.split('-').map((part) => part.split('.')) as [string[], string[], string[]];
  return pythons
    .flatMap((python) => abis.flatMap((abi) => platforms.map((platform) => `Tag: ${python}-${abi}-${platform}\n`)))
    .join('');
}

function recordLine([path, content]: readonly [string, string]): string {
  const digest = createHash('sha256').update(content).digest('base64url');
  return `${path},sha256=${digest},${Buffer.byteLength(content)}\n`;
}
