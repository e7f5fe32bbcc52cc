import { readSimpleJson, type SimplePage, writeSimpleJson } from '@sluice/formats/pypi';

/**
 * What a project's page would have been at an instant, going by when its files were uploaded: those of which that is not known
 * are left out. Undefined when there was none yet.
 *
 * @param json the page as it is now.
 */
export function pageUntil(json: Uint8Array, until: Date): SimplePage | undefined {
  const page = readSimpleJson(json);
  const files = page.files.filter(({ uploadTime }) => Date.parse(uploadTime ?? '') < until.getTime());
  if (files.length === 0 || page.name === undefined) return undefined;
  const { name, status, statusReason } = page;
  return readSimpleJson(writeSimpleJson({ name, files, status, statusReason }));
}
