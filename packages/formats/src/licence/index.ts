export { familyNames } from './family.ts';
export type { LicenceFamily, LicenceFamilyName } from './family.ts';
export { licenceAllowed, licenceAvoids, licenceMentions, licenceWithin } from './judge-licence.ts';
export type { LicencePredicate } from './judge-licence.ts';
export { licenceNameCovers, parseLicenceName, printLicenceName } from './licence-name.ts';
export type { LicenceName } from './licence-name.ts';
export { parseLicence } from './parse-licence.ts';
export type { Licence } from './parse-licence.ts';
export type { LicenceLeaf, LicenceTree } from './tree.ts';
