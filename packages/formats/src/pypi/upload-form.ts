import { bytesToHex } from '../digest/index.ts';
import { excerpt, FormatError } from '../errors.ts';
import { decodeBase64 } from './base64.ts';

/** The form of an upload, as far as anything of it counts: what a package says of itself is read out of its file. */
export interface UploadForm {
  /** `file_upload`, or what else the client wants. */
  readonly action: string;
  /** Undefined only where the action is another. */
  readonly filetype: 'bdist_wheel' | 'sdist' | undefined;
  /** As written. */
  readonly name: string | undefined;
  readonly version: string | undefined;
  /** What the client says its file has, in lower-case hex. */
  readonly digests: { readonly sha256?: string; readonly blake2_256?: string; readonly md5?: string };
  /** The JSON text of an array of attestations. */
  readonly attestations: string | undefined;
}

/** The field that holds the file. */
export const UPLOAD_FILE_FIELD = 'content';

const digestBytes = { sha256: 32, blake2_256: 32, md5: 16 } as const;

/**
 * Read the fields of an upload, all but the file. Fields of the metadata are passed over, whatever they say.
 *
 * @param fields in order, as often as they are there; of those that count once the first counts.
 * @throws {FormatError} `upload_form`: no `:action`, another protocol, a kind of file that is not taken, a digest that is none.
 * @see PyPA "Upload API" (legacy)
 */
export function readUploadForm(fields: Iterable<readonly [name: string, value: string]>): UploadForm {
  const values = new Map<string, string>();
  for (const [name, value] of fields) {
    if (!values.has(name) && value.trim() !== '' && value.trim() !== 'UNKNOWN') values.set(name, value.trim());
  }
  const action = values.get(':action') ?? refuse(':action', 'file_upload', 'nothing');
  const protocol = values.get('protocol_version') ?? '1';
  if (protocol !== '1') refuse('protocol_version', '1', excerpt(protocol));
  return {
    action,
    filetype: action === 'file_upload' ? filetypeOf(values.get('filetype')) : undefined,
    name: values.get('name'),
    version: values.get('version'),
    digests: digestsOf(values),
    attestations: values.get('attestations'),
  };
}

function filetypeOf(value: string | undefined): UploadForm['filetype'] {
  if (value === 'bdist_wheel' || value === 'sdist') return value;
  return refuse('filetype', 'bdist_wheel or sdist', value === undefined ? 'nothing' : excerpt(value));
}

function digestsOf(values: ReadonlyMap<string, string>): UploadForm['digests'] {
  const digests: Record<string, string> = {};
  for (const [algorithm, bytes] of Object.entries(digestBytes)) {
    const text = values.get(`${algorithm}_digest`);
    if (text === undefined) continue;
    digests[algorithm] = hexOf(text, bytes) ?? refuse(`${algorithm}_digest`, `${2 * bytes} hex digits`, excerpt(text));
  }
  return digests;
}

/** Old clients write hex, the documentation says URL-safe base64. */
function hexOf(text: string, length: number): string | undefined {
  if (text.length === 2 * length && /^[0-9a-f]+$/i.test(text)) return text.toLowerCase();
  const bytes = text.length <= 2 * length ? decodeBase64(text) : undefined;
  return bytes?.length === length ? bytesToHex(bytes) : undefined;
}

function refuse(field: string, wanted: string, found: string): never {
  throw new FormatError('upload_form', `The upload cannot be taken: ${field} must be ${wanted}, not ${found}.`, {
    wanted,
    found,
  });
}
