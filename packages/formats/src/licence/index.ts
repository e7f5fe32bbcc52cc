export type { LicenceFamily, LicenceFamilyName } from './family.ts';
export { familyNames } from './family.ts';
export type { LicencePredicate } from './judge-licence.ts';
export { licenceAllowed, licenceAvoids, licenceMentions, licenceWithin } from './judge-licence.ts';
export type { LicenceName } from './licence-name.ts';
export { licenceNameCovers, parseLicenceName, printLicenceName } from './licence-name.ts';
export type { Licence } from './parse-licence.ts';
export { parseLicence } from './parse-licence.ts';
export type { LicenceLeaf, LicenceTree } from './tree.ts';
