import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '../conda/json.ts';
import { textOf } from '../conda/json-fields.ts';
import { FormatError } from '../errors.ts';
import { decodeBase64 } from './base64.ts';
import { readPythonFileName } from './file-name.ts';

/** What an attestation states: that files were made in the way its predicate tells. @see in-toto Attestation Framework */
export interface AttestationStatement {
  readonly predicateType: string;
  readonly subjects: readonly { readonly name: string; readonly sha256: string | undefined }[];
}

/** One attestation. Nothing of it is verified: it is of the right shape, and whoever wants to know asks Sigstore. */
export interface Attestation {
  /** As parsed. */
  readonly object: JsonObject;
  readonly statement: AttestationStatement;
  /** Base64. */
  readonly certificate: string;
  readonly transparencyEntries: readonly JsonObject[];
  /** Base64, the payload that is signed and its signature. */
  readonly payload: string;
  readonly signature: string;
}

/** Who published a file, and the attestations of that. */
export interface AttestationBundle {
  /** Such as `{"kind":"GitHub","repository":…,"workflow":…}`. */
  readonly publisher: JsonObject;
  readonly attestations: readonly Attestation[];
}

/** Real ones have some 10 kB for each attestation. */
const mostCharacters = 4 * 2 ** 20;
const mostAttestations = 32;

/** The type of the statements that PEP 740 takes. */
const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';

/**
 * Read the attestations of an upload: the JSON array of the form's field.
 *
 * @throws {FormatError} `attestation`: of another shape, too many, too large.
 * @see PEP 740
 */
export function parseAttestations(text: string): Attestation[] {
  const list = parse(text);
  if (!Array.isArray(list)) throw invalid('an array of attestations', 'something else');
  return listOf(list, 'attestations').map(readAttestation);
}

/**
 * Read a provenance file, as an index has beside a file.
 *
 * @throws {FormatError} `attestation`, as {@link parseAttestations}.
 * @see PEP 740, "Provenance objects"
 */
export function parseProvenance(text: string): AttestationBundle[] {
  const provenance = objectOf(parse(text), 'provenance');
  if (provenance.version !== 1) throw invalid('provenance of version 1', String(provenance.version));
  return listOf(provenance.attestation_bundles, 'attestation_bundles').map((value) => {
    const bundle = objectOf(value, 'bundle');
    return {
      publisher: objectOf(bundle.publisher, 'publisher'),
      attestations: listOf(bundle.attestations, 'attestations').map(readAttestation),
    };
  });
}

/** The text of a provenance file with those attestations, deterministic but for what they hold. */
export function writeProvenance(bundles: readonly AttestationBundle[]): string {
  return JSON.stringify({
    version: 1,
    attestation_bundles: bundles.map(({ publisher, attestations }) => ({
      publisher,
      attestations: attestations.map(({ object }) => object),
    })),
  });
}

/**
 * Whether an attestation is about that very file: one subject, of its name (in any spelling that means the same) and digest.
 *
 * @param sha256 of the file, in lower-case hex.
 */
export function attests({ statement }: Attestation, fileName: string, sha256: string): boolean {
  const [subject] = statement.subjects;
  return statement.subjects.length === 1 && subject!.sha256 === sha256 && sameFile(subject!.name, fileName);
}

/**
 * The attestation as a Sigstore bundle, which is what verifiers read.
 *
 * @see PEP 740, "Attestation objects"; Sigstore bundle format 0.3
 */
export function attestationBundle({ certificate, transparencyEntries, payload, signature }: Attestation): JsonObject {
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: { certificate: { rawBytes: certificate }, tlogEntries: [...transparencyEntries] },
    dsseEnvelope: { payload, payloadType: 'application/vnd.in-toto+json', signatures: [{ sig: signature, keyid: '' }] },
  };
}

function readAttestation(value: JsonValue): Attestation {
  const object = objectOf(value, 'attestation');
  if (object.version !== 1) throw invalid('an attestation of version 1', String(object.version));
  const material = objectOf(object.verification_material, 'verification_material');
  const envelope = objectOf(object.envelope, 'envelope');
  const payload = base64Of(envelope.statement, 'envelope.statement');
  return {
    object,
    statement: readStatement(payload),
    certificate: base64Of(material.certificate, 'verification_material.certificate'),
    transparencyEntries: listOf(material.transparency_entries, 'transparency_entries').map((entry) =>
      objectOf(entry, 'transparency entry'),
    ),
    payload,
    signature: base64Of(envelope.signature, 'envelope.signature'),
  };
}

function readStatement(payload: string): AttestationStatement {
  const statement = objectOf(parse(decodeBase64(payload)!), 'statement');
  const predicateType = textOf(statement.predicateType);
  if (statement._type !== STATEMENT_TYPE || predicateType === undefined) {
    throw invalid(`a statement of type ${STATEMENT_TYPE}`, String(statement._type).slice(0, 80));
  }
  const subjects = listOf(statement.subject, 'subject').map((value) => {
    const subject = objectOf(value, 'subject');
    const name = textOf(subject.name);
    if (name === undefined) throw invalid('a name for each subject', 'none');
    return { name, sha256: textOf(objectOf(subject.digest, 'digest').sha256)?.toLowerCase() };
  });
  return { predicateType, subjects };
}

function sameFile(one: string, other: string): boolean {
  if (one === other) return true;
  const meaning = meaningOf(one);
  return meaning !== undefined && meaning === meaningOf(other);
}

/** Equal for all spellings of one file's name. */
function meaningOf(fileName: string): string | undefined {
  const file = readPythonFileName(fileName);
  if (file === undefined) return undefined;
  const rest = file.kind === 'sdist' ? [file.extension] : [file.build ?? null, file.tags];
  return JSON.stringify([file.name, file.version.text, ...rest]);
}

function parse(document: Uint8Array | string): JsonValue {
  if (document.length > mostCharacters) throw invalid(`at most ${mostCharacters} bytes`, String(document.length));
  return parseJson(document, 'The attestation', 'attestation');
}

function objectOf(value: JsonValue | undefined, what: string): JsonObject {
  if (isJsonObject(value)) return value;
  throw invalid(`${what}, an object`, value === undefined ? 'nothing' : 'something else');
}

function listOf(value: JsonValue | undefined, what: string): JsonValue[] {
  if (Array.isArray(value) && value.length > 0 && value.length <= mostAttestations) return value;
  throw invalid(
    `${what}, a list of 1 to ${mostAttestations}`,
    Array.isArray(value) ? String(value.length) : 'something else',
  );
}

function base64Of(value: JsonValue | undefined, what: string): string {
  if (typeof value === 'string' && value !== '' && decodeBase64(value) !== undefined) return value;
  throw invalid(`${what} in base64`, value === undefined ? 'nothing' : 'something else');
}

function invalid(wanted: string, found: string): FormatError {
  return new FormatError('attestation', `This is not an attestation as PEP 740 has it: wanted ${wanted}.`, {
    wanted,
    found,
  });
}
