export type { Attestation, AttestationBundle, AttestationStatement } from './attestation.ts';
export { attestationBundle, attests, parseAttestations, parseProvenance, writeProvenance } from './attestation.ts';
export type { CoreMetadata, ProjectUrl } from './core-metadata.ts';
export { parseCoreMetadata } from './core-metadata.ts';
export type { PythonFileName, SdistFileName, WheelFileName, WheelTag } from './file-name.ts';
export { parsePythonFileName, printWheelTag, readPythonFileName } from './file-name.ts';
export type { PythonLicenceFacts } from './licence.ts';
export { pythonLicenceText } from './licence.ts';
export type { Marker } from './marker.ts';
export { markerHolds, needsExtra, parseMarker, printMarker } from './marker.ts';
export type { MarkerEnvironment, MarkerPlatform } from './marker-environment.ts';
export { markerEnvironment, markerPlatforms } from './marker-environment.ts';
export { isProjectName, normaliseProjectName, parseProjectName } from './project-name.ts';
export type { PythonRequirement } from './requirement.ts';
export { parseRequirement, readRequirement } from './requirement.ts';
export { writeSimpleFile } from './simple/file-text.ts';
export type { SimpleForm } from './simple/negotiate.ts';
export { negotiateSimple, simpleContentType } from './simple/negotiate.ts';
export { readSimpleFile } from './simple/read-file.ts';
export { readSimpleHtml } from './simple/read-html.ts';
export { readSimpleJson } from './simple/read-json.ts';
export type { ProjectListScanner } from './simple/read-list.ts';
export { createProjectListScanner } from './simple/read-list.ts';
export type { ProjectStatus, SimpleEntry, SimpleFile, SimplePage } from './simple/simple-page.ts';
export { writeSimpleHtml } from './simple/write-html.ts';
export type { SimplePageParts } from './simple/write-json.ts';
export { SIMPLE_API_VERSION, writeSimpleJson } from './simple/write-json.ts';
export type { PythonSpecifier, SpecifierClause, SpecifierOperator } from './specifier.ts';
export {
  installable,
  namesPrerelease,
  parseSpecifier,
  printSpecifier,
  readSpecifier,
  specifierAllows,
} from './specifier.ts';
export type { PythonMinor } from './suits-python.ts';
export { fileSuitsPython, parsePythonMinor, specifierMeetsPython, tagSuitsPython } from './suits-python.ts';
export type { UploadForm } from './upload-form.ts';
export { readUploadForm, UPLOAD_FILE_FIELD } from './upload-form.ts';
export type { PythonVersion, VersionNumber } from './version.ts';
export { comparePythonVersions, isPrerelease, parsePythonVersion, readPythonVersion } from './version.ts';
export { wheelPlatforms } from './wheel-platforms.ts';
